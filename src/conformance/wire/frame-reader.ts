// Reads what an endpoint sends, and notes every way in which it breaks RFC 6455 itself.

import { isUtf8 } from 'node:buffer';
import type { DeflateContext } from './deflate.ts';
import { describeOpcode } from './frame.ts';
import type { WireEvent } from './wire-event.ts';

const maxPayloadBytes = 256 * 1024 * 1024;

interface Header {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly length: number;
  readonly key: Buffer;
}

export interface FrameReaderOptions {
  /** The endpoint is a client, so its frames must be masked (5.1). */
  readonly masked: boolean;
  readonly deflate: DeflateContext | undefined;
  readonly onEvent: (event: WireEvent) => void;
}

export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #keys = new Set<string>();
  #maskedFrames = 0;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #header: Header | undefined;
  #broken = false;
  #message: { kind: 'text' | 'binary'; compressed: boolean; parts: Buffer[]; bytes: number } | undefined;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  receive(chunk: Buffer): void {
    if (this.#broken) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (!this.#broken) {
      this.#header ??= this.#readHeader();
      if (this.#header === undefined || this.#bytes < this.#header.length) return;
      const { length, masked, key } = this.#header;
      const payload = Buffer.from(this.#take(length));
      if (masked) for (let index = 0; index < length; index++) payload[index]! ^= key[index & 3]!;
      const header = this.#header;
      this.#header = undefined;
      this.#receiveFrame(header, payload);
    }
  }

  /** Bytes of a frame that never was completed. */
  get unfinishedBytes(): number {
    return this.#header === undefined ? this.#bytes : this.#bytes + 1;
  }

  #readHeader(): Header | undefined {
    if (this.#bytes < 2) return undefined;
    const start = this.#peek(14);
    const masked = (start[1]! & 0x80) !== 0;
    const short = start[1]! & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const size = 2 + lengthBytes + (masked ? 4 : 0);
    if (this.#bytes < size) return undefined;
    const length =
      lengthBytes === 0
        ? BigInt(short)
        : lengthBytes === 2
          ? BigInt(start.readUInt16BE(2))
          : start.readBigUInt64BE(2);
    if ((lengthBytes === 2 && length < 126n) || (lengthBytes === 8 && length < 65536n)) {
      this.#violation(`the length ${length} is not in its shortest form (5.2)`);
    }
    if (length > maxPayloadBytes) {
      this.#broken = true;
      this.#violation(`a frame of ${length} bytes, more than any case asks for`);
      return undefined;
    }
    this.#take(size);
    return {
      fin: (start[0]! & 0x80) !== 0,
      rsv: (start[0]! >> 4) & 7,
      opcode: start[0]! & 0xf,
      masked,
      length: Number(length),
      key: Buffer.from(start.subarray(size - 4, size)),
    };
  }

  #receiveFrame({ fin, rsv, opcode, masked, length, key }: Header, payload: Buffer): void {
    const name = describeOpcode(opcode);
    if (masked !== this.#options.masked) {
      this.#violation(masked ? `a masked ${name} frame (5.1)` : `an unmasked ${name} frame (5.1)`);
    } else if (masked) this.#checkKey(key);
    const mayCompress = this.#options.deflate !== undefined && (opcode === 1 || opcode === 2);
    if ((rsv & 3) !== 0 || (rsv !== 0 && !mayCompress)) {
      this.#violation(`reserved bits ${rsv.toString(2).padStart(3, '0')} on a ${name} frame (5.2)`);
    }
    if (opcode >= 8) {
      if (!fin) this.#violation(`a fragmented ${name} frame (5.5)`);
      if (length > 125) this.#violation(`a ${name} frame of ${length} bytes (5.5)`);
      this.#receiveControl(opcode, payload);
    } else if (opcode > 2) this.#violation(`a frame with the reserved opcode ${opcode} (5.2)`);
    else this.#receiveData(opcode, fin, { rsv, payload });
  }

  #receiveControl(opcode: number, payload: Buffer): void {
    if (opcode === 9 || opcode === 10) {
      this.#options.onEvent({ type: opcode === 9 ? 'ping' : 'pong', data: payload });
    } else if (opcode === 8) {
      if (payload.length === 1) this.#violation('a Close frame with a body of one byte (5.5.1)');
      const code = payload.length >= 2 ? payload.readUInt16BE() : undefined;
      const reason = payload.subarray(2);
      if (!isUtf8(reason)) this.#violation('the reason of a Close frame is not UTF-8 (5.5.1)');
      if (code === 1005 || code === 1006 || code === 1015) {
        this.#violation(`a Close frame with the code ${code} (7.4.1)`);
      }
      this.#options.onEvent({ type: 'close', code, reason });
    } else this.#violation(`a frame with the reserved opcode ${opcode} (5.2)`);
  }

  #receiveData(opcode: number, fin: boolean, { rsv, payload }: { rsv: number; payload: Buffer }): void {
    if (opcode === 0 && this.#message === undefined) {
      this.#violation('a continuation frame that continues nothing (5.4)');
      return;
    }
    if (opcode !== 0) {
      if (this.#message !== undefined) this.#violation('a new message inside a fragmented one (5.4)');
      const kind = opcode === 1 ? 'text' : 'binary';
      this.#message = { kind, compressed: rsv === 4, parts: [], bytes: 0 };
    }
    const message = this.#message!;
    message.parts.push(payload);
    message.bytes += payload.length;
    if (message.bytes > maxPayloadBytes) {
      this.#broken = true;
      this.#violation(`a message of more than ${maxPayloadBytes} bytes, more than any case asks for`);
    } else if (fin) {
      this.#message = undefined;
      this.#receiveMessage(message.kind, Buffer.concat(message.parts), message.compressed);
    }
  }

  #receiveMessage(kind: 'text' | 'binary', raw: Buffer, compressed: boolean): void {
    let data = raw;
    if (compressed && this.#options.deflate !== undefined) {
      try {
        data = this.#options.deflate.decompress(raw);
      } catch (error) {
        this.#violation(`a compressed message that cannot be inflated: ${(error as Error).message}`);
        return;
      }
    }
    if (kind === 'text' && !isUtf8(data)) this.#violation('a text message that is not UTF-8 (8.1)');
    this.#options.onEvent({ type: 'message', kind, data, compressed });
  }

  // 5.3. "The masking key needs to be unpredictable", and new for every frame.
  #checkKey(key: Buffer): void {
    this.#maskedFrames++;
    this.#keys.add(key.toString('hex'));
    if (this.#maskedFrames === 4 && this.#keys.size === 1) {
      this.#violation(`the masking key ${key.toString('hex')} on four frames in a row (5.3)`);
    }
  }

  #violation(text: string): void {
    this.#options.onEvent({ type: 'violation', text });
  }

  #peek(count: number): Buffer {
    const first = this.#chunks[0]!;
    if (first.length >= Math.min(count, this.#bytes)) return first.subarray(0, count);
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all.subarray(0, count);
  }

  #take(count: number): Buffer {
    if (count === 0) return Buffer.alloc(0);
    const first = this.#chunks[0]!;
    const all = first.length >= count ? first : Buffer.concat(this.#chunks);
    if (all === first) this.#chunks[0] = all.subarray(count);
    else this.#chunks = [all.subarray(count)];
    if (this.#chunks[0]!.length === 0) this.#chunks.shift();
    this.#bytes -= count;
    return all.subarray(0, count);
  }
}
