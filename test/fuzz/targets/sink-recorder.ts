// Where a server's connection writes to: checks every packet that goes out.

import { asServerPacket, type PacketCodec, type ServerPacket } from '../../../src/session/index.ts';
import type { MessageSink } from '../../../src/session/machine/connection-output.ts';
import { promise } from '../fuzz-target.ts';

export class SinkRecorder implements MessageSink {
  bufferedAmount = 0;
  /** What is sent stays buffered. */
  isStalled = false;
  readonly #codec: PacketCodec;
  readonly #types = new Set<string>();
  /** How often each id was asked, and answered. */
  readonly #asked = new Map<number, number>();
  readonly #streams = new Map<number, number>();
  #closed: number | undefined;

  constructor(codec: PacketCodec) {
    this.#codec = codec;
  }

  /** A line of a script as a message: in MessagePack, where that is spoken and the line is JSON. */
  request(text: string): string | Uint8Array {
    let packet: { readonly id?: unknown } | null;
    try {
      packet = JSON.parse(text);
    } catch {
      // Not JSON: it is sent as it is.
      return this.#codec.name === 'json' ? text : Buffer.from(text);
    }
    const id = packet?.id;
    if (typeof id === 'number') this.#asked.set(id, (this.#asked.get(id) ?? 0) + 1);
    if (this.#codec.name === 'json') return text;
    try {
      return this.#codec.encode(packet as unknown as ServerPacket);
    } catch {
      // Too deep for the encoder.
      return Buffer.from(text);
    }
  }

  send(message: string | Uint8Array): void {
    promise(this.#closed === undefined, 'something was sent after the close');
    if (this.isStalled) this.bufferedAmount += message.length;
    promise(this.bufferedAmount < 2_000 + 1_000 + 8_192, () => `${this.bufferedAmount} bytes are queued`);
    const packet = asServerPacket(this.#codec.decode(message));
    this.#types.add(packet.t === 'reply' ? `reply ${packet.err?.code ?? 'ok'}` : packet.t);
    if (packet.t === 'reply' || packet.t === 'welcome') {
      const left = this.#asked.get(packet.id ?? -1) ?? 0;
      promise(left > 0 || packet.id === undefined, `a second answer to request ${packet.id}`);
      this.#asked.set(packet.id ?? -1, left - 1);
    }
    if (packet.t === 'msg' || packet.t === 'pos' || packet.t === 'live') this.#advance(packet);
  }

  close(code: number, reason: string): void {
    promise(this.#closed === undefined, 'closed twice');
    promise(Buffer.byteLength(reason) <= 123, () => `a reason of ${Buffer.byteLength(reason)} bytes`);
    this.#closed = code;
  }

  /** What came of it. @throws {Finding} when it was closed with a code that is not documented, or an internal error. */
  summary(codes: ReadonlySet<number>): string {
    const code = this.#closed;
    promise(code === undefined || (codes.has(code) && code !== 1011), `closed with ${code}`);
    return `${code} ${[...this.#types].sort().join(' ')}`;
  }

  /** Offsets of a stream never go back. A mailbox delivers again, with the attempt. */
  #advance({ s, o, ...packet }: Extract<ServerPacket, { t: 'msg' | 'pos' | 'live' }>): void {
    if (packet.t === 'msg' && packet.a !== undefined) return;
    const before = this.#streams.get(s) ?? 0;
    promise(o >= before, `stream ${s} went from offset ${before} back to ${o}`);
    this.#streams.set(s, o);
  }
}
