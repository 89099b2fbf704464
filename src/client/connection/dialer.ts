// Opens the transports of a client: gets the token, chooses the address, and forgets whatever comes too late.

import type { PacketCodec, Transport } from '../../session/index.ts';
import type { TokenSource } from '../client-options.ts';
import { closeReason, givenUpReason, type StatusReason } from '../client-status.ts';
import { type WebSocketConstructor, WebSocketTransport } from '../transports/websocket-transport.ts';

export interface DialerOptions {
  readonly urls: readonly string[];
  readonly WebSocket: WebSocketConstructor;
  readonly codec: PacketCodec;
}

/** What a dialer tells. But for `onGivenUp`, never before the call that led to it has returned. */
export interface DialerHandler {
  onToken(token: string | undefined): void;
  onOpen(transport: Pick<Transport, 'send' | 'close'>): void;
  onMessage(message: string | Uint8Array): void;
  /** It has ended, or could not be opened. */
  onClose(reason: StatusReason): void;
  /** The machine itself closes it. Called by the machine: to be noted, and no more. */
  onGivenUp(reason: StatusReason): void;
}

export class Dialer {
  readonly #options: DialerOptions;
  readonly #handler: DialerHandler;
  #token: TokenSource | undefined;
  /** Counts attempts: what an earlier one says does not count. */
  #attempt = 0;
  #transport: WebSocketTransport | undefined;
  #urlIndex = 0;
  /** The present address has not answered. */
  #hasFailed = false;

  constructor(options: DialerOptions, token: TokenSource | undefined, handler: DialerHandler) {
    this.#options = options;
    this.#token = token;
    this.#handler = handler;
  }

  set token(token: TokenSource) {
    this.#token = token;
  }

  /** Whether a new token can be had without the application's doing. */
  get canRenew(): boolean {
    return typeof this.#token === 'function';
  }

  async getToken(): Promise<string | undefined> {
    const token = this.#token;
    return typeof token === 'function' ? await token() : token;
  }

  /** Opens a transport, in place of any other. `elsewhere`: at another address, when there is one. */
  open(elsewhere: boolean): void {
    this.abandon();
    const attempt = this.#attempt;
    if (elsewhere || this.#hasFailed) this.#urlIndex = (this.#urlIndex + 1) % this.#options.urls.length;
    this.#hasFailed = true;
    this.getToken().then(
      (token) => {
        if (attempt !== this.#attempt) return;
        this.#handler.onToken(token);
        this.#dial(attempt);
      },
      (error: unknown) => {
        if (attempt !== this.#attempt) return;
        this.#handler.onClose({ type: 'token', code: 1006, message: `no token: ${messageOf(error)}` });
      },
    );
  }

  /** Whatever is being opened, or was, is forgotten: nothing more is told of it. */
  abandon(): void {
    this.#attempt++;
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.close(1000, '');
  }

  #giveUp(transport: WebSocketTransport, { code, reason }: { code: number; reason: string }): void {
    transport.close(code, reason);
    if (transport !== this.#transport) return;
    this.#transport = undefined;
    this.#attempt++;
    this.#handler.onGivenUp(givenUpReason(code, reason));
  }

  #dial(attempt: number): void {
    const { WebSocket, codec, urls } = this.#options;
    const address = { url: urls[this.#urlIndex]!, subprotocol: codec.subprotocol };
    const isCurrent = (): boolean => attempt === this.#attempt;
    try {
      const transport = new WebSocketTransport(WebSocket, address, {
        onOpen: () => {
          if (!isCurrent()) return;
          this.#hasFailed = false;
          this.#handler.onOpen({
            send: (message) => transport.send(message),
            close: (code, reason) => this.#giveUp(transport, { code, reason }),
          });
        },
        onMessage: (message) => {
          if (isCurrent()) this.#handler.onMessage(message);
        },
        onClose: (code, reason) => {
          if (!isCurrent()) return;
          this.#transport = undefined;
          this.#handler.onClose(closeReason(code, reason));
        },
      });
      this.#transport = transport;
    } catch (error) {
      this.#handler.onClose({ type: 'network', code: 1006, message: messageOf(error) });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
