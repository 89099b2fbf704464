// Streams of frames: legal conversations of one side, into which a few mistakes are put.

import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { buildFrame, type FrameShape, type MaskingKey } from '../../protocol/frame-bytes.ts';

/** How an endpoint is set up: the first byte of an input. */
export const FrameSetup = Object.freeze({
  Server: 0x01,
  Compressed: 0x02,
  SmallLimits: 0x04,
  AnyLengthForm: 0x08,
} as const);

const texts = [
  '',
  'a',
  'Hello',
  'κόσμε',
  '𝄞',
  '\u0000',
  '�',
  'naïve café ☕ — 日本語',
  'x'.repeat(126),
  'é'.repeat(200),
];

const brokenUtf8: readonly (readonly number[])[] = [
  [0x80],
  [0xc0, 0xaf],
  [0xc3],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xff],
  [0xe2, 0x82],
];

const closeCodes = [
  1000, 1001, 1003, 1007, 1014, 3000, 4999, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 0, 65_535,
];

const declaredLengths = [
  126n,
  65_535n,
  65_536n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n + 1n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

export function generateFrames(random: SeededRandom, isMasked: boolean): Uint8Array {
  const frames: FrameShape[] = [];
  for (let steps = random.integer(1, 6); steps > 0; steps -= 1) {
    if (random.chance(0.25)) frames.push(controlFrame(random));
    else frames.push(...messageFrames(random));
  }
  if (random.chance(0.3)) frames.push(closeFrame(random));
  if (random.chance(0.1)) frames.push(controlFrame(random));
  const wrongAt = random.chance(0.5) ? random.integer(0, frames.length - 1) : -1;
  const bytes = frames.map((frame, index) => {
    const masked = isMasked ? { ...frame, maskingKey: anyKey(random) } : frame;
    return buildFrame(index === wrongAt ? withMistake(masked, random) : masked);
  });
  return Buffer.concat(bytes);
}

function anyKey(random: SeededRandom): MaskingKey {
  if (random.chance(0.1)) return [0, 0, 0, 0];
  return [random.integer(0, 255), random.integer(0, 255), random.integer(0, 255), random.integer(0, 255)];
}

function anyBytes(random: SeededRandom, longest: number): Uint8Array {
  const bytes = new Uint8Array(random.integer(0, longest));
  const isText = random.chance(0.5);
  for (let at = 0; at < bytes.length; at += 1)
    bytes[at] = isText ? random.integer(0x20, 0x7e) : random.integer(0, 255);
  return bytes;
}

function controlFrame(random: SeededRandom): FrameShape {
  return { opcode: random.pick([Opcode.Ping, Opcode.Pong]), payload: anyBytes(random, 125) };
}

function closeFrame(random: SeededRandom): FrameShape {
  if (random.chance(0.2)) return { opcode: Opcode.Close, payload: anyBytes(random, 2) };
  const code = random.pick(closeCodes);
  const reason = random.chance(0.2)
    ? Uint8Array.from(random.pick(brokenUtf8))
    : Buffer.from(random.pick(texts).slice(0, 40));
  return { opcode: Opcode.Close, payload: Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), reason]) };
}

/** A message in one frame or several, with control frames between them. */
function messageFrames(random: SeededRandom): FrameShape[] {
  const isText = random.chance(0.6);
  const payload = isText ? textPayload(random) : anyBytes(random, random.chance(0.1) ? 3_000 : 300);
  const reserved = random.chance(0.15) ? 0x40 : 0;
  const frames: FrameShape[] = [];
  let from = 0;
  for (let left = random.chance(0.6) ? 0 : random.integer(1, 6); left >= 0; left -= 1) {
    const to = left === 0 ? payload.length : Math.min(payload.length, from + random.integer(0, 60));
    const isFirst = frames.length === 0;
    frames.push({
      opcode: isFirst ? (isText ? Opcode.Text : Opcode.Binary) : Opcode.Continuation,
      payload: payload.subarray(from, to),
      isFinal: left === 0,
      reserved: isFirst ? reserved : 0,
    });
    from = to;
    if (left > 0 && random.chance(0.3)) frames.push(controlFrame(random));
  }
  return frames;
}

function textPayload(random: SeededRandom): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let count = random.integer(1, 4); count > 0; count -= 1) parts.push(Buffer.from(random.pick(texts)));
  if (random.chance(0.15))
    parts.splice(random.integer(0, parts.length), 0, Uint8Array.from(random.pick(brokenUtf8)));
  return Buffer.concat(parts);
}

function withMistake(frame: FrameShape, random: SeededRandom): FrameShape {
  switch (random.integer(0, 7)) {
    case 0:
      return { ...frame, opcode: random.integer(0, 15) };
    case 1:
      return { ...frame, reserved: random.pick([0x10, 0x20, 0x40, 0x70]) };
    case 2:
      return { ...frame, maskingKey: frame.maskingKey === undefined ? anyKey(random) : undefined };
    case 3:
      return { ...frame, isFinal: frame.isFinal === false };
    case 4:
      return { ...frame, lengthForm: random.pick([16, 64]) };
    case 5:
      return { ...frame, declaredLength: random.pick(declaredLengths) };
    case 6:
      return { ...frame, payload: anyBytes(random, 200) };
    default:
      return { ...frame, opcode: Opcode.Continuation };
  }
}
