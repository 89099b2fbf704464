// Builds frames of RFC 6455, right or wrong: whatever a case wants to send can be said here.

import { randomBytes } from 'node:crypto';

export type Payload = string | Uint8Array;

interface FrameFields {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly fin: boolean;
  readonly rsv: number;
  readonly wrongMasking: boolean;
  readonly key: Buffer | undefined;
  readonly lengthBits: 7 | 16 | 64 | undefined;
  readonly declared: bigint | undefined;
  readonly compressed: boolean;
  readonly fragmentBytes: number | undefined;
}

/** What serialising needs to know of the connection. */
export interface FrameContext {
  /** The suite stands on the client's side, so its frames are masked (5.1). */
  readonly masks: boolean;
  /** Compresses a message by the agreed parameters of permessage-deflate. */
  readonly compress: ((payload: Buffer) => Buffer) | undefined;
}

/** One frame (or, with `inFragments`, one message). Every method gives a changed copy. */
export class Frame {
  readonly #fields: FrameFields;

  constructor(fields: Partial<FrameFields>) {
    this.#fields = {
      opcode: 1,
      payload: Buffer.alloc(0),
      fin: true,
      rsv: 0,
      wrongMasking: false,
      key: undefined,
      lengthBits: undefined,
      declared: undefined,
      compressed: false,
      fragmentBytes: undefined,
      ...fields,
    };
  }

  /** FIN = 0: more fragments follow. */
  more(): Frame {
    return this.#with({ fin: false });
  }

  /** Sets the reserved bits: 4 is RSV1, 2 is RSV2, 1 is RSV3. */
  rsv(bits: number): Frame {
    return this.#with({ rsv: bits });
  }

  /** Masked where it must not be, unmasked where it must. */
  wronglyMasked(): Frame {
    return this.#with({ wrongMasking: true });
  }

  /** Uses this masking key (8 hexadecimal digits) where the frame is masked. */
  withKey(hex: string): Frame {
    return this.#with({ key: Buffer.from(hex, 'hex') });
  }

  /** Writes the length in this form even when a shorter one would do. */
  lengthIn(bits: 16 | 64): Frame {
    return this.#with({ lengthBits: bits });
  }

  /** The header claims this length, whatever the payload is. */
  declaring(length: number | bigint): Frame {
    return this.#with({ declared: BigInt(length) });
  }

  /** Compresses the payload by the agreed parameters and sets RSV1. */
  compressed(): Frame {
    return this.#with({ compressed: true, rsv: 4 });
  }

  /** Sends the message as fragments of this many bytes (of the compressed form, where it is compressed). */
  inFragments(bytes: number): Frame {
    return this.#with({ fragmentBytes: bytes });
  }

  serialize(context: FrameContext): Buffer {
    const { payload, compressed, fragmentBytes } = this.#fields;
    const body = compressed && context.compress !== undefined ? context.compress(payload) : payload;
    if (fragmentBytes === undefined) return this.#serializeOne(body, context);
    const pieces: Buffer[] = [];
    for (let at = 0; at === 0 || at < body.length; at += fragmentBytes) {
      const first = at === 0;
      const last = at + fragmentBytes >= body.length;
      const piece = this.#with({
        opcode: first ? this.#fields.opcode : 0,
        rsv: first ? this.#fields.rsv : 0,
        fin: last && this.#fields.fin,
      });
      pieces.push(piece.#serializeOne(body.subarray(at, at + fragmentBytes), context));
    }
    return Buffer.concat(pieces);
  }

  /** One line for a transcript. */
  describe(): string {
    const { opcode, payload, fin, rsv, wrongMasking, declared, lengthBits, compressed, fragmentBytes } =
      this.#fields;
    const marks = [
      fin ? '' : 'FIN=0',
      rsv === 0 ? '' : `RSV=${rsv.toString(2).padStart(3, '0')}`,
      compressed ? 'deflated' : '',
      wrongMasking ? 'wrongly masked' : '',
      declared === undefined ? '' : `declaring ${declared} bytes`,
      lengthBits === undefined ? '' : `length in ${lengthBits} bits`,
      fragmentBytes === undefined ? '' : `in fragments of ${fragmentBytes}`,
    ].filter((mark) => mark !== '');
    return [describeOpcode(opcode), ...marks, describePayload(payload)].join(' ');
  }

  #with(change: Partial<FrameFields>): Frame {
    return new Frame({ ...this.#fields, ...change });
  }

  #serializeOne(payload: Buffer, context: FrameContext): Buffer {
    const { opcode, fin, rsv, wrongMasking, declared } = this.#fields;
    const length = declared ?? BigInt(payload.length);
    const bits = this.#fields.lengthBits ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
    const masks = context.masks !== wrongMasking;

    const header = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10);
    header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
    header[1] = (masks ? 0x80 : 0) | (bits === 7 ? Number(length) : bits === 16 ? 126 : 127);
    if (bits === 16) header.writeUInt16BE(Number(length), 2);
    if (bits === 64) header.writeBigUInt64BE(length, 2);
    if (!masks) return Buffer.concat([header, payload]);

    const key = this.#fields.key ?? randomBytes(4);
    const frame = Buffer.concat([header, key, payload]);
    const start = header.length + 4;
    for (let index = 0; index < payload.length; index++) {
      frame[start + index] = payload[index]! ^ key[index & 3]!;
    }
    return frame;
  }
}

function bytesOf(payload: Payload): Buffer {
  return typeof payload === 'string'
    ? Buffer.from(payload)
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** The frames by name: `frame.text('Hello').more()`, `frame.opcode(3)`, `frame.close(1000, 'bye')`. */
export const frame = Object.freeze({
  opcode: (opcode: number, payload: Payload = '') => new Frame({ opcode, payload: bytesOf(payload) }),
  continuation: (payload: Payload = '') => frame.opcode(0x0, payload),
  text: (payload: Payload = '') => frame.opcode(0x1, payload),
  binary: (payload: Payload = '') => frame.opcode(0x2, payload),
  ping: (payload: Payload = '') => frame.opcode(0x9, payload),
  pong: (payload: Payload = '') => frame.opcode(0xa, payload),
  /** A Close frame: without a code its body is empty. */
  close: (code?: number, reason: Payload = '') => {
    if (code === undefined) return frame.opcode(0x8);
    const head = Buffer.alloc(2);
    head.writeUInt16BE(code);
    return frame.opcode(0x8, Buffer.concat([head, bytesOf(reason)]));
  },
});

const opcodeNames = new Map([
  [0x0, 'continuation'],
  [0x1, 'text'],
  [0x2, 'binary'],
  [0x8, 'close'],
  [0x9, 'ping'],
  [0xa, 'pong'],
]);

export function describeOpcode(opcode: number): string {
  return opcodeNames.get(opcode) ?? `opcode ${opcode}`;
}

/** A payload for people: printable text as it is, bytes in hexadecimal, and only the beginning of a long one. */
export function describePayload(payload: Buffer): string {
  if (payload.length === 0) return '(empty)';
  const head = payload.subarray(0, 32);
  const printable = head.every((byte) => byte >= 0x20 && byte < 0x7f);
  const shown = printable ? JSON.stringify(head.toString('latin1')) : head.toString('hex');
  return payload.length > head.length ? `${shown}… (${payload.length} bytes)` : shown;
}
