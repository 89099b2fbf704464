// Builds RFC 6455 frames ahead of time; written apart from src/protocol, so that what is measured does not check itself.
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { type MessageShape, messagesOf } from '../workload.ts';

const opcodes = { text: 1, json: 1, binary: 2 } as const;
const maskingKey = Buffer.from([0x5a, 0xc3, 0x1e, 0x97]);

export interface FrameOptions {
  /** Masked, as a client must; otherwise as a server sends it. */
  readonly masked: boolean;
  /** Compressed by permessage-deflate (RFC 7692), without reference to any message before it. */
  readonly deflate?: boolean;
}

/** One frame for each message of the shape. */
export function buildFrames(shape: MessageShape, options: FrameOptions): Buffer[] {
  return messagesOf(shape).map((text) => {
    const bytes = Buffer.from(text);
    const payload = options.deflate ? compress(bytes) : bytes;
    return buildFrame(opcodes[shape.content] | (options.deflate ? 0x40 : 0), payload, options.masked);
  });
}

/** A final frame; `firstBits` are the opcode and the reserved bits. */
export function buildFrame(firstBits: number, payload: Buffer, masked: boolean): Buffer {
  const length = payload.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | firstBits;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  head[1] = head[1]! | 0x80;
  return Buffer.concat([head, maskingKey, payload.map((byte, index) => byte ^ maskingKey[index & 3]!)]);
}

/**
 * The bytes of one message as RFC 7692, section 7.2.1 makes them. A full flush lets no message lean on another, so that
 * frames built once stay valid in any order while both sides keep their contexts, as browsers do.
 */
function compress(bytes: Buffer): Buffer {
  const flushed = deflateRawSync(bytes, { finishFlush: zlib.Z_FULL_FLUSH });
  return flushed.subarray(0, flushed.length - 4);
}
