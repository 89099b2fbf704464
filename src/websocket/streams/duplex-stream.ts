// A ByteStream on a Node stream: a `net` or `tls` socket after an upgrade, or any other Duplex of bytes.

import type { Duplex } from 'node:stream';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';

const handlerOf = Symbol('tidewire.handler');
const errorOf = Symbol('tidewire.error');

type Carrier = Duplex & { [handlerOf]?: ByteStreamHandler; [errorOf]?: Error };

export class DuplexStream implements ByteStream {
  readonly #duplex: Carrier;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  get bufferedAmount(): number {
    return this.#duplex.writableLength;
  }

  write(bytes: Uint8Array, notify: boolean): boolean {
    const duplex = this.#duplex;
    if (notify) duplex.write(bytes, (error) => onWritten(duplex, error));
    else duplex.write(bytes);
    return duplex.writableLength === 0;
  }

  writeParts(parts: readonly Uint8Array[], notify: boolean): boolean {
    const duplex = this.#duplex;
    duplex.cork();
    const last = parts.length - 1;
    for (let index = 0; index <= last; index += 1) {
      const part = parts[index] as Uint8Array;
      if (notify && index === last) duplex.write(part, (error) => onWritten(duplex, error));
      else duplex.write(part);
    }
    duplex.uncork();
    return duplex.writableLength === 0;
  }

  end(): void {
    this.#duplex.end();
  }

  destroy(): void {
    this.#duplex.destroy();
  }

  pause(): void {
    this.#duplex.pause();
  }

  resume(): void {
    this.#duplex.resume();
  }

  // The listeners are shared by all streams and find their handler on the carrier: a connection costs no closure.
  start(handler: ByteStreamHandler): void {
    const duplex = this.#duplex;
    duplex[handlerOf] = handler;
    duplex.on('error', onError);
    duplex.on('close', onClose);
    duplex.on('end', onEnd);
    duplex.on('data', onData);
    // It may have been paused while the opening handshake was being decided.
    duplex.resume();
    if (duplex.destroyed) queueMicrotask(() => onClose.call(duplex));
  }
}

/** Of a stream that broke, writes are called back too: nobody took them. */
function onWritten(duplex: Carrier, error: Error | null | undefined): void {
  if (!error) duplex[handlerOf]?.receiveWritten();
}

function onData(this: Carrier, chunk: Buffer): void {
  this[handlerOf]?.receiveBytes(chunk);
}

function onEnd(this: Carrier): void {
  this[handlerOf]?.receiveEnd();
}

function onError(this: Carrier, error: Error): void {
  this[errorOf] = error;
}

function onClose(this: Carrier): void {
  const handler = this[handlerOf];
  if (handler === undefined) return;
  delete this[handlerOf];
  handler.receiveClosed(this[errorOf]);
}
