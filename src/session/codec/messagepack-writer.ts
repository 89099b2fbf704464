// Writes plain data as MessagePack, each value in its shortest form.

import { UsageError } from '../../channel/index.ts';
import { maxPacketDepth } from '../fixed-limits.ts';

const utf8 = new TextEncoder();

export class MessagePackWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 1_024) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The encoding of `value`, in bytes of its own. Fields that are `undefined` are left out, as in JSON.
   * @throws {UsageError} for what is not plain data. */
  write(value: unknown): Uint8Array {
    this.#length = 0;
    this.#value(value, 1);
    return this.#bytes.slice(0, this.#length);
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2);
    else if (value === null) this.#byte(0xc0);
    else if (value instanceof Uint8Array) this.#binary(value);
    else if (typeof value !== 'object') throw new UsageError(`a ${typeof value} is not plain data`);
    else if (depth > maxPacketDepth) throw new UsageError(`data nested deeper than ${maxPacketDepth}`);
    else if (Array.isArray(value)) this.#list(value, depth);
    else this.#map(value, depth);
  }

  #list(values: readonly unknown[], depth: number): void {
    this.#head(values.length, 0x90, 15, 0xdc);
    for (const value of values) this.#value(value ?? null, depth + 1);
  }

  #map(fields: object, depth: number): void {
    let count = 0;
    const record = fields as Readonly<Record<string, unknown>>;
    const names = Object.keys(record);
    for (const name of names) if (record[name] !== undefined) count++;
    this.#head(count, 0x80, 15, 0xde);
    for (const name of names) {
      const value = record[name];
      if (value === undefined) continue;
      this.#text(name);
      this.#value(value, depth + 1);
    }
  }

  #text(text: string): void {
    const short = text.length <= 31;
    // Room for the widest head and three bytes for each UTF-16 unit; the head is put in front once the length is known.
    this.#reserve(5 + text.length * 3);
    const headLength = short ? 1 : text.length <= 0xff ? 2 : text.length <= 0xffff ? 3 : 5;
    const start = this.#length + headLength;
    const written = this.#writeUtf8(text, start);
    const needed = written <= 31 ? 1 : written <= 0xff ? 2 : written <= 0xffff ? 3 : 5;
    if (needed !== headLength) {
      this.#bytes.copyWithin(this.#length + needed, start, start + written);
    }
    if (needed === 1) this.#bytes[this.#length++] = 0xa0 | written;
    else this.#sized(written, 0xd9);
    this.#length += written;
  }

  #writeUtf8(text: string, start: number): number {
    if (text.length <= 31) {
      let index = 0;
      for (; index < text.length; index++) {
        const code = text.charCodeAt(index);
        if (code > 0x7f) break;
        this.#bytes[start + index] = code;
      }
      if (index === text.length) return index;
    }
    return utf8.encodeInto(text, this.#bytes.subarray(start)).written;
  }

  #binary(bytes: Uint8Array): void {
    this.#reserve(5 + bytes.length);
    this.#sized(bytes.length, 0xc4);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A head with a length of 8, 16 or 32 bits: `first`, `first + 1`, `first + 2`. */
  #sized(length: number, first: number): void {
    if (length <= 0xff) {
      this.#bytes[this.#length++] = first;
      this.#bytes[this.#length++] = length;
    } else {
      this.#wide(length, first + 1);
    }
  }

  #head(count: number, fix: number, maxFix: number, first: number): void {
    this.#reserve(5);
    if (count <= maxFix) this.#bytes[this.#length++] = fix | count;
    else this.#wide(count, first);
  }

  #wide(length: number, first: number): void {
    if (length <= 0xffff) {
      this.#bytes[this.#length++] = first;
      this.#view.setUint16(this.#length, length);
      this.#length += 2;
    } else {
      this.#bytes[this.#length++] = first + 1;
      this.#view.setUint32(this.#length, length);
      this.#length += 4;
    }
  }

  #number(value: number): void {
    if (!Number.isFinite(value)) throw new UsageError(`${value} is not plain data`);
    this.#reserve(9);
    const bytes = this.#bytes;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      bytes[this.#length++] = 0xcb;
      this.#view.setFloat64(this.#length, value);
      this.#length += 8;
    } else if (value >= 0) {
      if (value <= 0x7f) bytes[this.#length++] = value;
      else if (value <= 0xff) {
        bytes[this.#length++] = 0xcc;
        bytes[this.#length++] = value;
      } else if (value <= 0xffff) {
        bytes[this.#length++] = 0xcd;
        this.#view.setUint16(this.#length, value);
        this.#length += 2;
      } else if (value <= 0xffffffff) {
        bytes[this.#length++] = 0xce;
        this.#view.setUint32(this.#length, value);
        this.#length += 4;
      } else {
        bytes[this.#length++] = 0xcf;
        this.#view.setUint32(this.#length, Math.floor(value / 0x1_0000_0000));
        this.#view.setUint32(this.#length + 4, value % 0x1_0000_0000);
        this.#length += 8;
      }
    } else if (value >= -32) {
      bytes[this.#length++] = value & 0xff;
    } else if (value >= -0x80) {
      bytes[this.#length++] = 0xd0;
      this.#view.setInt8(this.#length++, value);
    } else if (value >= -0x8000) {
      bytes[this.#length++] = 0xd1;
      this.#view.setInt16(this.#length, value);
      this.#length += 2;
    } else if (value >= -0x8000_0000) {
      bytes[this.#length++] = 0xd2;
      this.#view.setInt32(this.#length, value);
      this.#length += 4;
    } else {
      bytes[this.#length++] = 0xd3;
      this.#view.setBigInt64(this.#length, BigInt(value));
      this.#length += 8;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
