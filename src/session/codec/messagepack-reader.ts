// Reads MessagePack as plain data; nothing that a message announces is trusted.

import { PacketError } from '../errors.ts';
import { maxPacketDepth } from '../fixed-limits.ts';
import { tooDeep } from './plain-data.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class MessagePackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The one value that the message is. @throws {PacketError} */
  read(): unknown {
    const value = this.#value(1);
    if (this.#at !== this.#bytes.length) throw new PacketError('bytes after the packet');
    return value;
  }

  #value(depth: number): unknown {
    const head = this.#bytes[this.#take(1)]!;
    if (head <= 0x7f) return head;
    if (head <= 0x8f) return this.#map(head & 0x0f, depth);
    if (head <= 0x9f) return this.#list(head & 0x0f, depth);
    if (head <= 0xbf) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    const view = this.#view;
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#binary(view.getUint8(this.#take(1)));
      case 0xc5:
        return this.#binary(view.getUint16(this.#take(2)));
      case 0xc6:
        return this.#binary(view.getUint32(this.#take(4)));
      case 0xca:
        return finite(view.getFloat32(this.#take(4)));
      case 0xcb:
        return finite(view.getFloat64(this.#take(8)));
      case 0xcc:
        return view.getUint8(this.#take(1));
      case 0xcd:
        return view.getUint16(this.#take(2));
      case 0xce:
        return view.getUint32(this.#take(4));
      case 0xcf:
        return safe(view.getBigUint64(this.#take(8)));
      case 0xd0:
        return view.getInt8(this.#take(1));
      case 0xd1:
        return view.getInt16(this.#take(2));
      case 0xd2:
        return view.getInt32(this.#take(4));
      case 0xd3:
        return safe(view.getBigInt64(this.#take(8)));
      case 0xd9:
        return this.#text(view.getUint8(this.#take(1)));
      case 0xda:
        return this.#text(view.getUint16(this.#take(2)));
      case 0xdb:
        return this.#text(view.getUint32(this.#take(4)));
      case 0xdc:
        return this.#list(view.getUint16(this.#take(2)), depth);
      case 0xdd:
        return this.#list(view.getUint32(this.#take(4)), depth);
      case 0xde:
        return this.#map(view.getUint16(this.#take(2)), depth);
      case 0xdf:
        return this.#map(view.getUint32(this.#take(4)), depth);
      default:
        // 0xc1 is never used; the others are extension types.
        throw new PacketError(`MessagePack type 0x${head.toString(16)} is not plain data`);
    }
  }

  #list(length: number, depth: number): unknown[] {
    this.#expect(length, depth);
    const values: unknown[] = [];
    for (let index = 0; index < length; index++) values.push(this.#value(depth + 1));
    return values;
  }

  #map(length: number, depth: number): object {
    this.#expect(length * 2, depth);
    // `Object.create(null)` would be a hash table at once: 184 bytes for a map that takes one on the wire.
    const fields: Record<string, unknown> = Object.setPrototypeOf({}, null);
    for (let index = 0; index < length; index++) {
      const name = this.#value(depth + 1);
      if (typeof name !== 'string') throw new PacketError('a key of a map is text');
      if (name in fields) throw new PacketError('a key is repeated in a map');
      fields[name] = this.#value(depth + 1);
    }
    return fields;
  }

  #text(length: number): string {
    const start = this.#take(length);
    if (length <= 24) {
      let text = '';
      let index = start;
      for (; index < this.#at; index++) {
        const byte = this.#bytes[index]!;
        if (byte > 0x7f) break;
        text += String.fromCharCode(byte);
      }
      if (index === this.#at) return text;
    }
    try {
      return utf8.decode(this.#bytes.subarray(start, this.#at));
    } catch {
      throw new PacketError('text is not UTF-8');
    }
  }

  #binary(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.slice(start, this.#at);
  }

  /** Each element takes at least a byte: a longer announcement is a lie, and nothing is allocated for it. */
  #expect(elements: number, depth: number): void {
    if (depth > maxPacketDepth) throw tooDeep();
    if (elements > this.#bytes.length - this.#at) throw cutShort();
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw cutShort();
    this.#at = start + length;
    return start;
  }
}

function cutShort(): PacketError {
  return new PacketError('MessagePack announces more than the message holds');
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new PacketError(`${value} is not plain data`);
  return value;
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new PacketError('integer beyond 2⁵³ − 1');
  return number;
}
