// Counts and verifies what a server sends back, and answers the Pings that come between.
import { buildFrame } from './frames.ts';

/** Takes the bytes of one connection as they arrive. */
export interface Replies {
  /** Returns how many messages this chunk completed; throws when they are not the expected ones. */
  receive(chunk: Buffer): number;
}

/** What answers a Ping: the socket's `write`. */
export type Write = (bytes: Buffer) => void;

/** Long enough that comparing a chunk is one call; a multiple of the frame. */
const comparedBytes = 64 * 1024;

/** The reply every message of a workload gets, repeated, ready to be compared with whole chunks. */
export class RepeatedReply {
  readonly frameBytes: number;
  readonly bytes: Buffer;

  constructor(frame: Buffer) {
    this.frameBytes = frame.length;
    const copies = Math.max(1, Math.floor(comparedBytes / frame.length));
    this.bytes = Buffer.concat(Array.from({ length: copies }, () => frame));
  }
}

/** Compares every byte with the one reply that is expected again and again. */
export class ExactReplies implements Replies {
  readonly #expected: RepeatedReply;
  readonly #write: Write;
  /** Where in `#expected.bytes` the next byte belongs. */
  #offset = 0;
  /** A control frame whose end has not arrived. */
  #held: Buffer | undefined;

  constructor(expected: RepeatedReply, write: Write) {
    this.#expected = expected;
    this.#write = write;
  }

  receive(chunk: Buffer): number {
    const { bytes, frameBytes } = this.#expected;
    if (this.#held !== undefined) {
      chunk = Buffer.concat([this.#held, chunk]);
      this.#held = undefined;
    }
    let messages = 0;
    let position = 0;
    while (position < chunk.length) {
      const intoFrame = this.#offset % frameBytes;
      if (intoFrame === 0 && (chunk[position]! & 0x08) !== 0) {
        const end = answerPing(chunk, position, this.#write);
        if (end > chunk.length) {
          this.#held = Buffer.from(chunk.subarray(position));
          break;
        }
        position = end;
        continue;
      }
      let length = Math.min(chunk.length - position, bytes.length - this.#offset);
      if (!this.#matches(chunk, position, length)) {
        // A Ping may stand between two replies: go to the end of this one, and look again.
        length = Math.min(length, frameBytes - intoFrame);
        if (!this.#matches(chunk, position, length))
          throw new Error('the server sent other bytes than expected');
      }
      messages += Math.floor((intoFrame + length) / frameBytes);
      position += length;
      this.#offset = (this.#offset + length) % bytes.length;
    }
    return messages;
  }

  #matches(chunk: Buffer, position: number, length: number): boolean {
    return (
      this.#expected.bytes.compare(
        chunk,
        position,
        position + length,
        this.#offset,
        this.#offset + length,
      ) === 0
    );
  }
}

/** Counts frames whose bytes nobody can foretell, because they are compressed; hands the payloads to `check`. */
export class CompressedReplies implements Replies {
  readonly #write: Write;
  readonly #check: ((payload: Buffer) => void) | undefined;
  #held: Buffer | undefined;
  /** Bytes on the wire so far. */
  bytes = 0;

  constructor(write: Write, check?: (payload: Buffer) => void) {
    this.#write = write;
    this.#check = check;
  }

  receive(chunk: Buffer): number {
    this.bytes += chunk.length;
    if (this.#held !== undefined) {
      chunk = Buffer.concat([this.#held, chunk]);
      this.#held = undefined;
    }
    let messages = 0;
    let position = 0;
    while (position < chunk.length) {
      const { start, end } = frameBounds(chunk, position);
      if (end > chunk.length) break;
      const first = chunk[position]!;
      if ((first & 0x08) !== 0) {
        answerPing(chunk, position, this.#write);
      } else {
        if ((first & 0xc0) !== 0xc0)
          throw new Error('the server sent a message in fragments, or uncompressed');
        this.#check?.(chunk.subarray(start, end));
        messages++;
      }
      position = end;
    }
    if (position < chunk.length) this.#held = Buffer.from(chunk.subarray(position));
    return messages;
  }
}

/** Where the payload of the unmasked frame at `position` starts and ends; the end lies past the chunk if it is cut. */
export function frameBounds(chunk: Buffer, position: number): { start: number; end: number } {
  const cut = { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  if (position + 2 > chunk.length) return cut;
  const length = chunk[position + 1]!;
  if (length < 126) return { start: position + 2, end: position + 2 + length };
  const start = position + (length === 126 ? 4 : 10);
  if (start > chunk.length) return cut;
  return {
    start,
    end:
      start +
      (length === 126 ? chunk.readUInt16BE(position + 2) : Number(chunk.readBigUInt64BE(position + 2))),
  };
}

/** Answers the Ping at `position` and returns where it ends; throws at any other control frame. */
export function answerPing(chunk: Buffer, position: number, write: Write): number {
  const { start, end } = frameBounds(chunk, position);
  if (end > chunk.length) return end;
  const opcode = chunk[position]! & 0x0f;
  if (opcode === 0x9) write(buildFrame(0xa, chunk.subarray(start, end), true));
  else if (opcode !== 0xa)
    throw new Error(`the server sent a frame with opcode ${opcode}: ${chunk.subarray(start, end)}`);
  return end;
}
