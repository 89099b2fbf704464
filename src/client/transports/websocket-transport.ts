// Whole messages over any socket with the shape of the WHATWG `WebSocket`: a browser's, ours in Node, a worker's.

import type { Transport } from '../../session/index.ts';

/** What is used of a `WebSocket`. */
export interface WebSocketShape {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: every runtime has event classes of its own
  addEventListener(type: string, listener: (event: any) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketShape;

export interface SocketHandler {
  onOpen(): void;
  onMessage(message: string | Uint8Array): void;
  /** Called once, whether or not it was open before. */
  onClose(code: number, reason: string): void;
}

export class WebSocketTransport implements Pick<Transport, 'send' | 'close'> {
  readonly #socket: WebSocketShape;

  /** Begins to open. Nothing is called before this returns. Whatever the constructor of the socket throws is thrown. */
  constructor(
    WebSocket: WebSocketConstructor,
    address: { readonly url: string; readonly subprotocol: string },
    handler: SocketHandler,
  ) {
    const socket = new WebSocket(address.url, [address.subprotocol]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => handler.onOpen());
    socket.addEventListener('message', ({ data }) => {
      handler.onMessage(typeof data === 'string' ? data : new Uint8Array(data));
    });
    // A failure is told by `close` too; some sockets throw an `error` that nobody listens to.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code, reason }) => handler.onClose(code, reason));
  }

  send(message: string | Uint8Array): void {
    // WHATWG, `send`: throws only while connecting, when nobody has the transport yet.
    this.#socket.send(message as string | Uint8Array<ArrayBuffer>);
  }

  close(code: number, reason: string): void {
    // WHATWG, `close`: a reason of more than 123 bytes throws. No character has more than three.
    this.#socket.close(code, reason.slice(0, 41));
  }
}
