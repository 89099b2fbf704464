// A ByteStream on a Node stream: a `net` or `tls` socket after an upgrade, or any other Duplex of bytes.

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import { canChooseMemory, chooseNext, leaveRoom, readIntoSharedMemory } from './chosen-memory.ts';
import { canWriteDirectly, writeDirectly } from './direct-write.ts';

const handlerOf = Symbol('tidewire.handler');
const errorOf = Symbol('tidewire.error');

type Carrier = Duplex & { [handlerOf]?: ByteStreamHandler; [errorOf]?: Error };

export class DuplexStream implements ByteStream {
  readonly #duplex: Carrier;
  /** A socket whose buffer is empty has given all bytes to the system; another stream may still keep them. */
  readonly #isSocket: boolean;

  /** A plain socket of Node's: it is read into shared memory, and written to past its queue. */
  readonly #isPlain: boolean;
  /** Bytes that were written past the stream's queue, and the system has not taken yet. */
  #directBytes = 0;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    this.#isSocket = duplex instanceof Socket;
    this.#isPlain = canChooseMemory(duplex);
  }

  get reusesMemory(): boolean {
    return this.#isPlain;
  }

  /** The Node stream. */
  get carrier(): Duplex {
    return this.#duplex;
  }

  get bufferedAmount(): number {
    return this.#duplex.writableLength + this.#directBytes;
  }

  write(bytes: Uint8Array, notify: boolean): boolean {
    const duplex = this.#duplex;
    if (this.#isPlain && !notify && this.#directBytes === 0 && canWriteDirectly(duplex)) {
      this.#directBytes = bytes.length;
      writeDirectly(duplex, bytes, (error) => {
        this.#directBytes = 0;
        if (error) duplex.destroy(error);
      });
      return this.#directBytes === 0;
    }
    if (notify) duplex.write(bytes, () => onWritten(duplex));
    else duplex.write(bytes);
    return this.#isSocket && this.bufferedAmount === 0;
  }

  writeParts(parts: readonly Uint8Array[], notify: boolean): boolean {
    const duplex = this.#duplex;
    duplex.cork();
    const last = parts.length - 1;
    for (let index = 0; index <= last; index += 1) {
      const part = parts[index] as Uint8Array;
      if (notify && index === last) duplex.write(part, () => onWritten(duplex));
      else duplex.write(part);
    }
    duplex.uncork();
    return this.#isSocket && this.bufferedAmount === 0;
  }

  end(): void {
    this.#duplex.end();
    // What still comes is for nobody: its room, which may be that of a long message, is not held until the peer is gone.
    if (this.#isPlain) leaveRoom(this.#duplex as Socket);
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
    if (this.#isPlain && canChooseMemory(duplex)) readIntoSharedMemory(duplex, onRead);
    // What was read before is still handed on by the event.
    if (!this.#isPlain || duplex.readableLength > 0) duplex.on('data', onData);
    // It may have been paused while the opening handshake was being decided.
    duplex.resume();
    if (duplex.destroyed) queueMicrotask(() => onClose.call(duplex));
    // The peer's end may have come while nobody listened: Node tells of it even when a socket is paused.
    else if (duplex.readableEnded) queueMicrotask(() => onEnd.call(duplex));
  }
}

/** A stream that is destroyed calls back for what was never sent, too. */
function onWritten(duplex: Carrier): void {
  if (!duplex.destroyed) duplex[handlerOf]?.receiveWritten();
}

function onRead(this: Carrier, length: number, memory: Buffer): boolean {
  const handler = this[handlerOf];
  handler?.receiveBytes(memory.subarray(0, length), length < memory.length);
  chooseNext(memory, handler?.roomForMore?.());
  return !this.isPaused();
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
  // Applications may keep what is left of a connection.
  if (this instanceof Socket) leaveRoom(this);
  handler.receiveClosed(this[errorOf]);
}
