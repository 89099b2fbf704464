// Builds frames for tests, legal and illegal ones, byte by byte and without any code under test.

export type MaskingKey = readonly [number, number, number, number];

export interface FrameShape {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  /** @default true */
  readonly isFinal?: boolean;
  /** The reserved bits as they stand in the first byte: 0x40, 0x20, 0x10. @default 0 */
  readonly reserved?: number;
  /** Masks the payload. @default unmasked */
  readonly maskingKey?: MaskingKey | undefined;
  /** The form of the length in bits. @default the shortest that fits */
  readonly lengthForm?: 7 | 16 | 64;
  /** What the header says, where that is not the length of the payload. */
  readonly declaredLength?: bigint;
}

/** The masking key that section 5.7 uses in its examples. */
export const exampleKey: MaskingKey = [0x37, 0xfa, 0x21, 0x3d];

export function buildFrame(shape: FrameShape): Buffer {
  const { opcode, payload = new Uint8Array(0), isFinal = true, reserved = 0, maskingKey } = shape;
  const length = shape.declaredLength ?? BigInt(payload.length);
  const form = shape.lengthForm ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const bytes = [(isFinal ? 0x80 : 0) | reserved | opcode];
  const mask = maskingKey === undefined ? 0 : 0x80;
  if (form === 7) bytes.push(mask | Number(length));
  else {
    bytes.push(mask | (form === 16 ? 126 : 127));
    for (let shift = form - 8; shift >= 0; shift -= 8) bytes.push(Number((length >> BigInt(shift)) & 0xffn));
  }
  if (maskingKey !== undefined) bytes.push(...maskingKey);
  return Buffer.concat([Buffer.from(bytes), maskNaively(payload, maskingKey)]);
}

/** 5.3. "transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)" */
export function maskNaively(payload: Uint8Array, maskingKey: MaskingKey | undefined): Uint8Array {
  if (maskingKey === undefined) return payload;
  return payload.map((byte, index) => byte ^ (maskingKey[index % 4] as number));
}
