// Whole messages over any socket with the shape of the WHATWG `WebSocket`: a browser's, ours in Node, a worker's.

import type { Transport, TransportHandler } from '../../session/index.ts';

/** What is used of a `WebSocket`. */
export interface WebSocketShape {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: every runtime has event classes of its own
  addEventListener(type: string, listener: (event: any) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketShape;

/** Nobody has answered, or the connection broke: RFC 6455, section 7.4.1. */
const abnormalClosure = 1006;

export interface OpeningHandler {
  onOpen(): void;
  /** Called once, whether or not it was open before. */
  onClose(code: number, reason: string): void;
}

export class WebSocketTransport implements Transport {
  readonly #socket: WebSocketShape;
  #handler: TransportHandler | undefined;
  #isOpen = false;

  /** Begins to open. Nothing is called before this returns. Whatever the constructor of the socket throws is thrown. */
  constructor(
    WebSocket: WebSocketConstructor,
    address: { readonly url: string; readonly subprotocol: string },
    opening: OpeningHandler,
  ) {
    const socket = new WebSocket(address.url, [address.subprotocol]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.#isOpen = true;
      opening.onOpen();
    });
    socket.addEventListener('message', ({ data }) => {
      this.#handler?.onMessage(typeof data === 'string' ? data : new Uint8Array(data));
    });
    // A failure is told by `close` too; Node reports an `error` that nobody listens to.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code = abnormalClosure, reason = '' }) => {
      this.#isOpen = false;
      opening.onClose(code, reason);
      this.#handler?.onClose(code, reason);
    });
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
  }

  send(message: string | Uint8Array): void {
    // `send` throws while connecting; once it is closing, the message goes nowhere.
    if (this.#isOpen) this.#socket.send(message as string | Uint8Array<ArrayBuffer>);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}
