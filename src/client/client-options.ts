// What one says when connecting, with every default.

import type { Contract } from '../channel/index.ts';
import type { BackoffOptions, ClientTimes, PacketCodec } from '../session/index.ts';
import type { ClientLimits } from './client-limits.ts';
import type { OutboxPart } from './outbox/outbox-part.ts';
import type { ResumeStore } from './resume-store.ts';
import type { WebSocketConstructor } from './transports/websocket-transport.ts';

/** The token, or what gets one: called before each attempt to connect, and when the server says that it runs out. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

export interface ClientOptions<Contracts extends Contract | undefined = Contract | undefined> {
  /** The contract that the server has too: it types channels and calls, and payloads are validated by it.
   * @default none: any channel, any payload */
  readonly contracts?: Contracts;
  /** Who this is, for the server's `authenticate`. @default none */
  readonly token?: TokenSource;
  /** The class of the socket. Node before 22 has none of its own: pass the one of `tidewire/websocket`.
   * @default globalThis.WebSocket */
  readonly WebSocket?: WebSocketConstructor;
  /** How packets are written: `jsonCodec`, or `messagePackCodec` where payloads hold bytes.
   * @default jsonCodec */
  readonly codec?: PacketCodec;
  /** Where a later life finds what it needs to go on, such as `sessionStorageResume()` for a page that is reloaded.
   * @default none: a reload begins anew */
  readonly resume?: ResumeStore;
  /** Where publications wait for their answer, such as `durableOutbox({ store: indexedDbOutbox() })`: they survive the
   * page or the process.
   * @default in memory */
  readonly outbox?: OutboxPart;
  /** The server has subscribed this client to a channel: to listen, subscribe to it here.
   * @default it is unsubscribed again */
  readonly onSubscribed?: (channel: string) => void;
  /** Whether what arrives is validated by the contract. What does not fit is reported, and not delivered.
   * @default true */
  readonly validateIncoming?: boolean;
  /** What the client may hold. @default clientLimitDefaults */
  readonly limits?: Partial<ClientLimits>;
  readonly times?: Partial<ClientTimes>;
  readonly backoff?: BackoffOptions;
  /** Told of what is nobody's answer: a handler that threw, a payload that does not fit, a token that could not be had.
   * @default console.error */
  readonly onError?: (error: unknown) => void;
}
