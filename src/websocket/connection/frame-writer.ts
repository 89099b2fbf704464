// Serialises the frames of one connection and gathers them, so that what one chunk or one tick sends leaves in one write.

import {
  applyMaskingKey,
  FIN,
  headerBytes,
  Opcode,
  type Role,
  writeHeader,
  writeMaskingKey,
} from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { nextMaskingKey } from './masking-key.ts';
import { OutputBlock } from './output-block.ts';
import type { SharedFrame } from './shared-frame.ts';
import { encodeTextInto } from './text.ts';

/** Longer payloads are not copied into the block: header and payload leave by one vectored write. */
const COPY_LIMIT_BYTES = 16 * 1024;
/** Up to this many characters, text is encoded without measuring it first. */
const UNMEASURED_TEXT_LENGTH = 1024;
/** When this much is gathered it is written at once: what a tick sends is not to grow without a limit. */
const GATHER_LIMIT_BYTES = 64 * 1024;
const LONGEST_HEADER_BYTES = 14;
const ALIGNED_HEADER_BYTES = 16;
const TEXT = FIN | Opcode.Text;

/** Writers that have something to flush when the current tick's work is done. */
let dirty: FrameWriter[] = [];

function flushDirty(): void {
  const writers = dirty;
  dirty = [];
  for (const writer of writers) writer.flush();
}

/** The view most recently cut from a block: in a fan-out, all connections write the same one. */
let lastView: Buffer | undefined;
let lastViewStart = 0;

function viewOf(bytes: Buffer, start: number, end: number): Buffer {
  if (
    lastView === undefined ||
    lastViewStart !== start ||
    lastView.length !== end - start ||
    lastView.buffer !== bytes.buffer
  ) {
    lastView = bytes.subarray(start, end);
    lastViewStart = start;
  }
  return lastView;
}

export interface FrameWriterOwner {
  /** A payload that was not copied has another length than its header says: what was gathered with it is not sent. */
  receiveAltered(): void;
}

export class FrameWriter {
  /** While true, frames are gathered and the owner flushes; otherwise a microtask does. */
  isCorked = false;
  /** Whether the stream shall report when it has taken what is written. */
  wantsWritten = false;
  private readonly stream: ByteStream;
  private readonly masks: boolean;
  private readonly owner: FrameWriterOwner | undefined;
  /** The range of the block that waits to be written; frames that follow each other there make one range. */
  private block: OutputBlock | undefined;
  private start = 0;
  private end = 0;
  /** What must be written before that range. */
  private parts: Uint8Array[] | undefined;
  private partsBytes = 0;
  private isDirty = false;

  constructor(stream: ByteStream, role: Role, owner?: FrameWriterOwner) {
    this.stream = stream;
    this.masks = role === 'client';
    this.owner = owner;
  }

  /** Bytes of frames, headers included, that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.end - this.start + this.partsBytes + this.stream.bufferedAmount;
  }

  /** A text message in one frame. Lone surrogates become U+FFFD. */
  writeText(text: string): void {
    const { length } = text;
    if (length > COPY_LIMIT_BYTES) {
      this.writeLarge(TEXT, Buffer.from(text));
      return;
    }
    const mostBytes = length <= UNMEASURED_TEXT_LENGTH ? length * 3 : Buffer.byteLength(text);
    const block = OutputBlock.withRoom(LONGEST_HEADER_BYTES + mostBytes);
    const { bytes, end: frameStart } = block;
    // Room for the header is left by what is known: not more than `mostBytes`, not less than `length`.
    const roomBytes = headerBytes(mostBytes < 126 ? mostBytes : length, this.masks);
    const payloadBytes = encodeTextInto(bytes, text, frameStart + roomBytes);
    const exactBytes = headerBytes(payloadBytes, this.masks);
    if (exactBytes !== roomBytes) {
      bytes.copyWithin(
        frameStart + exactBytes,
        frameStart + roomBytes,
        frameStart + roomBytes + payloadBytes,
      );
    }
    this.finish(block, TEXT, payloadBytes);
  }

  /** A frame with this payload. A server does not copy a large one: it must not change before it is sent. */
  writeBytes(firstByte: number, payload: Uint8Array): void {
    if (payload.length > COPY_LIMIT_BYTES) {
      this.writeLarge(firstByte, payload);
      return;
    }
    const block = OutputBlock.withRoom(LONGEST_HEADER_BYTES + payload.length);
    block.bytes.set(payload, block.end + headerBytes(payload.length, this.masks));
    this.finish(block, firstByte, payload.length);
  }

  /** A frame whose payload lies in memory that is about to be used again. */
  writeTransient(firstByte: number, payload: Uint8Array): void {
    const isLent = payload.length > COPY_LIMIT_BYTES && !this.masks;
    this.writeBytes(firstByte, isLent ? new Uint8Array(payload) : payload);
  }

  /** A whole, unmasked frame that others send as well. Servers only. */
  writeShared(frame: SharedFrame): void {
    const { length } = frame.bytes;
    if (length > COPY_LIMIT_BYTES) {
      this.appendPart(frame.bytes);
    } else {
      const block = OutputBlock.withRoom(length);
      const start = frame.placeIn(block);
      this.appendRange(block, start, start + length);
    }
  }

  /** Hands everything gathered to the stream, in one write wherever possible. */
  flush(): void {
    this.isDirty = false;
    const { block, stream, parts } = this;
    if (parts !== undefined) {
      this.flushParts(parts);
      return;
    }
    if (block === undefined) return;
    const { start, end } = this;
    this.block = undefined;
    this.start = 0;
    this.end = 0;
    if (stream.bufferedAmount > 0) {
      // The stream will keep these bytes for a while: give it its own, rather than pin the block.
      const copy = Buffer.allocUnsafeSlow(end - start);
      copy.set(block.bytes.subarray(start, end));
      block.release(true);
      stream.write(copy, this.wantsWritten);
    } else {
      block.release(stream.write(viewOf(block.bytes, start, end), this.wantsWritten));
    }
  }

  /** Forgets what is gathered: the stream is gone. */
  discard(): void {
    this.block?.release(true);
    this.block = undefined;
    this.start = 0;
    this.end = 0;
    this.parts = undefined;
    this.partsBytes = 0;
  }

  /** Completes the frame whose payload stands in the block, behind the room for its header. */
  private finish(block: OutputBlock, firstByte: number, payloadBytes: number): void {
    const { bytes, end: frameStart } = block;
    let payloadStart = writeHeader(bytes, frameStart, firstByte, payloadBytes);
    if (this.masks) {
      const key = nextMaskingKey();
      payloadStart = writeMaskingKey(bytes, frameStart, payloadStart, key);
      applyMaskingKey(bytes, payloadStart, payloadStart + payloadBytes, key);
    }
    block.end = payloadStart + payloadBytes;
    this.appendRange(block, frameStart, block.end);
  }

  private writeLarge(firstByte: number, payload: Uint8Array): void {
    if (this.masks) {
      this.writeMasked(firstByte, payload);
      return;
    }
    const block = OutputBlock.withRoom(LONGEST_HEADER_BYTES);
    const frameStart = block.end;
    block.end = writeHeader(block.bytes, frameStart, firstByte, payload.length);
    this.appendRange(block, frameStart, block.end);
    this.appendPart(payload);
  }

  /** 5.3: each frame has a fresh key, and the caller's bytes are never altered. */
  private writeMasked(firstByte: number, payload: Uint8Array): void {
    // The payload is aligned: it is copied and masked a word at a time.
    const start = ALIGNED_HEADER_BYTES;
    const end = start + payload.length;
    const memory = Buffer.allocUnsafeSlow(end);
    const frameStart = start - headerBytes(payload.length, true);
    const key = nextMaskingKey();
    writeMaskingKey(memory, frameStart, writeHeader(memory, frameStart, firstByte, payload.length), key);
    memory.set(payload, start);
    applyMaskingKey(memory, start, end, key);
    this.appendPart(memory.subarray(frameStart, end));
  }

  private appendRange(block: OutputBlock, start: number, end: number): void {
    if (this.block === block && this.end === start) {
      this.end = end;
    } else {
      this.moveRangeToParts();
      block.hold();
      this.block = block;
      this.start = start;
      this.end = end;
    }
    this.schedule();
  }

  private appendPart(part: Uint8Array): void {
    this.moveRangeToParts();
    this.parts ??= [];
    this.parts.push(part);
    this.partsBytes += part.length;
    this.schedule();
  }

  private moveRangeToParts(): void {
    const { block } = this;
    if (block === undefined) return;
    this.parts ??= [];
    this.parts.push(block.bytes.subarray(this.start, this.end));
    this.partsBytes += this.end - this.start;
    // The view outlives the range: leave the block to the garbage collector rather than follow the view.
    block.release(false);
    this.block = undefined;
    this.start = 0;
    this.end = 0;
  }

  private flushParts(parts: Uint8Array[]): void {
    this.moveRangeToParts();
    const total = this.partsBytes;
    this.parts = undefined;
    this.partsBytes = 0;
    if (byteLength(parts) !== total) {
      // The other end would take the next frames for what is missing.
      this.owner?.receiveAltered();
      return;
    }
    const [first] = parts;
    if (first !== undefined && parts.length === 1) {
      this.stream.write(first, this.wantsWritten);
    } else if (total <= COPY_LIMIT_BYTES && parts.length > 2) {
      this.stream.write(Buffer.concat(parts, total), this.wantsWritten);
    } else {
      this.stream.writeParts(parts, this.wantsWritten);
    }
  }

  private schedule(): void {
    if (this.end - this.start + this.partsBytes >= GATHER_LIMIT_BYTES) {
      this.flush();
      return;
    }
    if (this.isCorked || this.isDirty) return;
    this.isDirty = true;
    if (dirty.length === 0) queueMicrotask(flushDirty);
    dirty.push(this);
  }
}

function byteLength(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}
