// A ByteStream in memory: what was written can be looked at, and the reader can stall.

import type { ByteStream, ByteStreamHandler } from '../../src/websocket/byte-stream.ts';

interface Write {
  readonly parts: readonly Uint8Array[];
  readonly notify: boolean;
}

export class MemoryStream implements ByteStream {
  /** While true, nothing that is written is taken. */
  isStalled = false;
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  bufferedAmount = 0;
  /** When true, all that is received comes in the same memory. */
  reusesMemory = false;
  /** How many writes were made, empty ones left out. */
  writeCount = 0;
  handler: ByteStreamHandler | undefined;
  #taken: Uint8Array[] = [];
  #waiting: Write[] = [];
  #memory = Buffer.alloc(0);

  /** What the operating system has taken since the last time it was asked for. */
  read(): Buffer {
    const taken = Buffer.concat(this.#taken);
    this.#taken = [];
    return taken;
  }

  /** Takes what waits, as if the peer had begun to read again. */
  drain(): void {
    this.isStalled = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { parts } of waiting) this.#take(parts);
    this.bufferedAmount = 0;
    for (const { notify } of waiting) if (notify) this.handler?.receiveWritten();
  }

  /** The other side sends bytes. */
  receive(bytes: Uint8Array): void {
    if (!this.reusesMemory) {
      this.handler?.receiveBytes(Buffer.from(bytes), true);
      return;
    }
    if (this.#memory.length < bytes.length) this.#memory = Buffer.alloc(bytes.length);
    this.#memory.set(bytes);
    this.handler?.receiveBytes(this.#memory.subarray(0, bytes.length), true);
    this.#memory.fill(0xaa);
  }

  /** The connection is gone. */
  close(error?: Error): void {
    this.isDestroyed = true;
    this.handler?.receiveClosed(error);
  }

  write(bytes: Uint8Array, notify: boolean): boolean {
    return this.writeParts([bytes], notify);
  }

  writeParts(parts: readonly Uint8Array[], notify: boolean): boolean {
    const byteLength = parts.reduce((sum, part) => sum + part.length, 0);
    if (byteLength > 0) this.writeCount += 1;
    if (this.isStalled) {
      // Held as they are, not copied: who uses the memory again too early changes what is read later.
      this.#waiting.push({ parts, notify });
      this.bufferedAmount += byteLength;
      return false;
    }
    this.#take(parts);
    if (notify) queueMicrotask(() => this.handler?.receiveWritten());
    return true;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  start(handler: ByteStreamHandler): void {
    this.handler = handler;
    this.isPaused = false;
  }

  #take(parts: readonly Uint8Array[]): void {
    for (const part of parts) if (part.length > 0) this.#taken.push(new Uint8Array(part));
  }
}
