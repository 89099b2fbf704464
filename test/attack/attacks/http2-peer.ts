// A client of HTTP/2 that is made of bytes, so that it can say what no client of a library says (RFC 9113, RFC 7541).

import type { RawClient } from '../../websocket/raw-client.ts';
import type { Attacker } from '../attack.ts';
import { inTime } from './outcome.ts';

export const FrameType = Object.freeze({
  Data: 0,
  Headers: 1,
  Reset: 3,
  Settings: 4,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
  Continuation: 9,
});

export const Flag = Object.freeze({ EndHeaders: 4, Ack: 1 });

export interface Http2Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Uint8Array;
}

/** RFC 9113, 6.9.2. "both the new stream and the connection flow-control window are 65,535 octets". */
const FIRST_WINDOW = 65_535;
const NOTHING = new Uint8Array(0);

export function http2Frame({ type, flags = 0, stream = 0, payload = NOTHING }: Http2Frame): Buffer {
  const frame = Buffer.alloc(9 + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame.writeUInt8(type, 3);
  frame.writeUInt8(flags, 4);
  frame.writeUInt32BE(stream, 5);
  frame.set(payload, 9);
  return frame;
}

/** RFC 7541, 6.2.2: a field that goes into no table. Names and values are shorter than 127 bytes. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name, 'latin1'),
    Buffer.of(value.length),
    Buffer.from(value, 'latin1'),
  ]);
}

/** The fields of an extended CONNECT. */
export function connectFields({ target }: Attacker, path = '/'): Buffer {
  return Buffer.concat([
    literal(':method', 'CONNECT'),
    literal(':protocol', 'websocket'),
    literal(':scheme', 'http'),
    literal(':path', path),
    literal(':authority', `${target.host}:${target.port}`),
    literal('sec-websocket-version', '13'),
  ]);
}

export function connectFrame(attacker: Attacker, stream: number, path?: string): Buffer {
  const payload = connectFields(attacker, path);
  return http2Frame({ type: FrameType.Headers, flags: Flag.EndHeaders, stream, payload });
}

export function resetFrame(stream: number): Buffer {
  // CANCEL
  return http2Frame({ type: FrameType.Reset, stream, payload: Buffer.of(0, 0, 0, 8) });
}

/** RFC 9113, 6.5.1: pairs of a number and a value. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length);
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  }
  return http2Frame({ type: FrameType.Settings, payload });
}

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export class Http2Peer {
  readonly client: RawClient;
  /** The types of what came, and how often. */
  readonly counts = new Map<number, number>();
  /** The streams that ended, by a reset or by their last frame. */
  readonly ended = new Set<number>();
  /** The streams that were answered. */
  readonly answered = new Set<number>();
  /** What may still be sent on each stream, and (0) on all together (RFC 9113, 5.2). */
  readonly #windows = new Map<number, number>();
  #unread = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  private constructor(client: RawClient) {
    this.client = client;
    client.socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    client.socket.on('end', () => this.#wake?.());
    client.socket.on('close', () => this.#wake?.());
  }

  /** Connects, and waits for the settings of the server. */
  static async open(attacker: Attacker, settings: Buffer = settingsFrame([])): Promise<Http2Peer> {
    const peer = new Http2Peer(await attacker.connect());
    peer.send(Buffer.concat([preface, settings]));
    await peer.until(() => peer.counts.has(FrameType.Settings));
    peer.send(http2Frame({ type: FrameType.Settings, flags: Flag.Ack }));
    return peer;
  }

  get isOver(): boolean {
    return this.client.hasEnded || this.client.isClosed || this.counts.has(FrameType.GoAway);
  }

  send(bytes: Buffer): boolean {
    return this.client.socket.writable && this.client.socket.write(bytes);
  }

  /** Takes so much of the windows that the server has given; false while there is not enough. */
  takeWindow(stream: number, bytes: number): boolean {
    const windows = [stream, 0].map((each) => [each, this.#windows.get(each) ?? FIRST_WINDOW] as const);
    if (windows.some(([, left]) => left < bytes)) return false;
    for (const [each, left] of windows) this.#windows.set(each, left - bytes);
    return true;
  }

  /** Waits until it is so, or the session is over; whether it is so, in time. */
  async until(isSo: () => boolean, withinMs?: number): Promise<boolean> {
    const waiting = (async () => {
      while (!isSo() && !this.isOver) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      return isSo();
    })();
    return (await inTime(waiting, withinMs)) === true;
  }

  #receive(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= 9) {
      const length = this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < 9 + length) break;
      const type = this.#unread.readUInt8(3);
      const flags = this.#unread.readUInt8(4);
      const stream = this.#unread.readUInt32BE(5);
      if (type === FrameType.WindowUpdate) {
        const left = this.#windows.get(stream) ?? FIRST_WINDOW;
        this.#windows.set(stream, left + this.#unread.readUInt32BE(9));
      }
      this.#unread = this.#unread.subarray(9 + length);
      this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
      if (type === FrameType.Headers) this.answered.add(stream);
      const hasEnd = (type === FrameType.Headers || type === FrameType.Data) && (flags & 1) !== 0;
      if (type === FrameType.Reset || hasEnd) this.ended.add(stream);
    }
    this.#wake?.();
  }
}
