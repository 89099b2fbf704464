// A ByteStream on an HTTP/2 stream, after extended CONNECT (RFC 8441, section 5).

import { constants, type Http2Stream as NodeStream } from 'node:http2';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';

/**
 * Flow control of the stream is the backpressure: bytes count as buffered until the peer's window, and the connection
 * under all its streams, have let them pass; and while the stream is paused, the peer gets no more window.
 */
export class Http2Stream implements ByteStream {
  readonly reusesMemory = false;
  readonly #stream: NodeStream;
  #handler: ByteStreamHandler | undefined;
  #error: Error | undefined;
  /** How many writes were made, and how many of them have been taken. */
  #written = 0;
  #taken = 0;
  /** `receiveWritten` is owed when this many writes have been taken. */
  #owedAt: number | undefined;
  readonly #onTaken = (error?: Error | null): void => this.#receiveTaken(error);

  constructor(stream: NodeStream) {
    this.#stream = stream;
  }

  get bufferedAmount(): number {
    return this.#stream.writableLength;
  }

  write(bytes: Uint8Array, notify: boolean): boolean {
    // Nothing is thrown or told when the peer has reset the stream: `receiveClosed` is on its way.
    if (!this.#stream.writable) return true;
    // An empty write asks when all before it is taken; an empty DATA frame, which peers count as abuse, is not sent.
    if (bytes.length > 0) {
      this.#written += 1;
      this.#stream.write(bytes, this.#onTaken);
    }
    if (notify) this.#owe();
    return this.#stream.writableLength === 0;
  }

  writeParts(parts: readonly Uint8Array[], notify: boolean): boolean {
    this.#stream.cork();
    for (const part of parts) this.write(part, false);
    this.#stream.uncork();
    return this.write(NOTHING, notify);
  }

  end(): void {
    // 5. "The orderly TCP-level closures are represented as END_STREAM flags".
    if (this.#stream.writable) this.#stream.end();
  }

  destroy(): void {
    resetStream(this.#stream);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  start(handler: ByteStreamHandler): void {
    this.#handler = handler;
    const stream = this.#stream;
    stream.on('error', (error: Error) => {
      this.#error = error;
    });
    stream.on('close', () => this.#receiveClosed());
    stream.on('end', () => this.#handler?.receiveEnd());
    stream.on('data', (chunk: Buffer) => this.#handler?.receiveBytes(chunk));
    stream.resume();
    if (stream.destroyed) queueMicrotask(() => this.#receiveClosed());
    else if (stream.readableEnded) queueMicrotask(() => this.#handler?.receiveEnd());
  }

  #owe(): void {
    this.#owedAt = this.#written;
    if (this.#taken === this.#written) queueMicrotask(() => this.#settle());
  }

  #receiveTaken(error: Error | null | undefined): void {
    this.#taken += 1;
    if (error === undefined || error === null) this.#settle();
  }

  #settle(): void {
    if (this.#owedAt === undefined || this.#taken < this.#owedAt) return;
    this.#owedAt = undefined;
    this.#handler?.receiveWritten();
  }

  #receiveClosed(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.receiveClosed(this.#error);
  }
}

const NOTHING = new Uint8Array(0);

/**
 * Cuts a stream. 5. "RST exceptions are represented with the RST_STREAM frame with the CANCEL error code". It is also the
 * one code with which Node lets a stream be reset safely from inside an event of its session.
 */
export function resetStream(stream: NodeStream): void {
  if (stream.destroyed) return;
  stream.close(constants.NGHTTP2_CANCEL);
  stream.destroy();
}
