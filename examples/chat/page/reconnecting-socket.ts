// A WebSocket that comes back: when its connection is lost it waits, longer each time, and connects again.

import { type BackoffOptions, fullJitterMs } from './backoff.ts';

export type SocketState =
  | { readonly type: 'connecting' }
  | { readonly type: 'open' }
  /** Lost; the next attempt begins at `retryAt`, by the clock of `performance.now()`. */
  | { readonly type: 'waiting'; readonly retryAt: number }
  /** Ended for good: the server said by its close code that another attempt would not help. */
  | { readonly type: 'ended'; readonly code: number; readonly reason: string };

export interface SocketHandler {
  onState(state: SocketState): void;
  onMessage(text: string): void;
}

const backoff: BackoffOptions = { firstMs: 1_000, maxMs: 30_000 };

/** A connection counts as good, so that the next loss begins with a short wait, once it lasted this long. */
const stableMs = 5_000;

export class ReconnectingSocket {
  readonly #url: string;
  readonly #handler: SocketHandler;
  #socket: WebSocket | undefined;
  #timer: number | undefined;
  #attempt = 0;
  #openedAt = 0;

  constructor(url: string, handler: SocketHandler) {
    this.#url = url;
    this.#handler = handler;
    // The network is back: waiting any longer helps nobody.
    addEventListener('online', () => this.retryNow());
  }

  connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#handler.onState({ type: 'connecting' });
    socket.addEventListener('open', () => {
      this.#openedAt = performance.now();
      this.#handler.onState({ type: 'open' });
    });
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') this.#handler.onMessage(data);
    });
    socket.addEventListener('close', ({ code, reason }) => this.#onClose(code, reason));
  }

  /** `false` when there is no open connection to carry it. */
  send(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Ends the connection, and begins no other by itself. */
  end(): void {
    this.#socket?.close(1000);
  }

  /** Connects at once if it is waiting to. */
  retryNow(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.connect();
  }

  #onClose(code: number, reason: string): void {
    this.#socket = undefined;
    // Codes from 4000 up are the application's own verdicts, and 1000 is our own goodbye.
    if (code === 1000 || code >= 4000) {
      this.#handler.onState({ type: 'ended', code, reason });
      return;
    }
    const now = performance.now();
    if (this.#openedAt > 0 && now - this.#openedAt >= stableMs) this.#attempt = 0;
    this.#openedAt = 0;
    const waitMs = fullJitterMs(this.#attempt, backoff, Math.random());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.retryNow(), waitMs);
    this.#handler.onState({ type: 'waiting', retryAt: now + waitMs });
  }
}
