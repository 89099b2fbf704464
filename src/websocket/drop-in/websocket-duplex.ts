// A WebSocket as a Duplex of Node's, as the `ws` package makes them.

import { Duplex, type DuplexOptions } from 'node:stream';
import type { RawData } from './binary-type.ts';
import type { WebSocket } from './websocket.ts';

/** Chunks that are written leave as messages; messages are read as chunks, text as strings in `readableObjectMode`. */
export function createWebSocketStream(socket: WebSocket, options: DuplexOptions = {}): Duplex {
  return new WebSocketDuplex(socket, options);
}

class WebSocketDuplex extends Duplex {
  readonly #socket: WebSocket;
  readonly #isObjectMode: boolean;
  #failure: Error | undefined;

  constructor(socket: WebSocket, options: DuplexOptions) {
    super({ ...options, objectMode: false, writableObjectMode: false, allowHalfOpen: false });
    this.#socket = socket;
    this.#isObjectMode = options.readableObjectMode === true;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.once('error', (error) => {
      this.#failure = error;
      this.destroy(error);
    });
    socket.once('close', () => this.push(null));
  }

  override _construct(callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.CONNECTING) {
      callback();
      return;
    }
    const settle = (): void => {
      socket.removeListener('open', settle);
      socket.removeListener('close', settle);
      callback(this.#failure);
    };
    socket.on('open', settle);
    // `destroy` waits until this is called back.
    socket.on('close', settle);
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.send(chunk, callback);
  }

  override _final(callback: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) {
      callback();
      return;
    }
    this.#socket.once('close', () => callback());
    // The Close of the other end stands behind what was not read yet.
    this.#socket.resume();
    this.#socket.close();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) {
      callback(error);
      return;
    }
    let reason = error;
    // Giving up a connection that was never opened is an error to the WebSocket.
    socket.once('error', (failure) => {
      reason ??= failure;
    });
    socket.once('close', () => callback(reason));
    socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.destroyed || this.readableEnded) return;
    const chunk = !isBinary && this.#isObjectMode ? String(data) : data;
    if (!this.push(chunk)) this.#socket.pause();
  }
}
