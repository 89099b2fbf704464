// What a client machine is told when it is made, and what it asks of the shell around it.

import type { PlainData, Position } from '../../channel/index.ts';
import type { BackoffOptions } from '../backoff.ts';
import type { ErrorBody } from '../error-code.ts';
import type { ClientSubscription } from './client-subscription.ts';
import type { Outbox, OutboxLimits } from './outbox.ts';

export type ClientState = 'idle' | 'waiting' | 'connecting' | 'greeting' | 'open' | 'credentials' | 'stopped';

/** What the machine asks of the shell around it. None of it may call back into the machine before it returns. */
export interface ClientHost {
  /** Open a transport, and call `transportOpened`, or `transportClosed` when it fails. `elsewhere`: not to the same
   * address again, when there is another. */
  openTransport(elsewhere: boolean): void;
  onState(state: ClientState): void;
  /** The credential has run out, or does soon: call `setCredential`. */
  onCredentialNeeded(): void;
  /** The server has subscribed the client. Returns whether that is wanted: then `subscribe` goes on from there. */
  onSubscribed?(channel: string): boolean;
  /** A producer id: at least 64 bits from a cryptographic source, at most 64 characters. */
  randomId(): string;
  /** From 0 up to 1; for backoff. */
  random(): number;
}

export interface ClientMachineOptions {
  readonly host: ClientHost;
  readonly credential?: string;
  /** What `resumeState` gave in an earlier life: before a page was reloaded. */
  readonly resume?: ResumeState | undefined;
  readonly backoff?: BackoffOptions;
  /** For publications without an answer. */
  readonly room: OutboxLimits;
  readonly times?: Partial<ClientTimes>;
  /** Replaces parts of the machine, in tests. */
  readonly parts?: Partial<ClientParts> | undefined;
}

export interface ClientParts {
  readonly Subscription: typeof ClientSubscription;
  readonly Outbox: typeof Outbox;
}

/** In milliseconds. */
export interface ClientTimes {
  /** @default 10_000 */
  readonly connectMs: number;
  /** Less than the server waits for `hello`.
   * @default 8_000 */
  readonly welcomeMs: number;
  /** A request unanswered for so long means that an end lost track: the connection is replaced.
   * @default 15_000 */
  readonly replyMs: number;
  /** How long a probe after waking up waits.
   * @default 5_000 */
  readonly probeMs: number;
  /** The connection counts as good, and backoff begins anew, after so long.
   * @default 5_000 */
  readonly steadyMs: number;
}

export const clientTimeDefaults: ClientTimes = Object.freeze({
  connectMs: 10_000,
  welcomeMs: 8_000,
  replyMs: 15_000,
  probeMs: 5_000,
  steadyMs: 5_000,
});

/** What a later life needs to go on: plain data, for a page's session storage. Holds a secret. */
export interface ResumeState {
  readonly sid: string;
  readonly tok: string;
  readonly clock: number;
  readonly positions: readonly (readonly [channel: string, position: Position])[];
}

export type RequestResult =
  | { readonly data: PlainData; readonly error?: undefined }
  | { readonly error: ErrorBody };
