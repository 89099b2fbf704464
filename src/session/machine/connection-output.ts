// The sending half of a connection: encodes, keeps the byte window, and closes once.

import { SessionCloseCode } from '../close-code.ts';
import type { PacketCodec } from '../codec/packet-codec.ts';
import type { SessionLimits } from '../limits.ts';
import type { ServerPacket } from '../packet.ts';
import type { Transport } from '../transport.ts';
import type { EncodedPacket, SharedMessage } from './encoded-packet.ts';

export interface MessageSink extends Pick<Transport, 'send' | 'close' | 'bufferedAmount'> {
  /** Sends what other connections are sent as well. Absent: `send` is called. */
  sendShared?(shared: SharedMessage): void;
}

export interface OutputHost {
  readonly limits: Pick<SessionLimits, 'maxQueuedBytes' | 'controlReserveBytes'>;
  onLimit(limit: 'controlReserveBytes'): void;
}

export class ConnectionOutput {
  readonly #sink: MessageSink;
  readonly #codec: PacketCodec;
  readonly #host: OutputHost;
  #isClosed = false;

  constructor(sink: MessageSink, codec: PacketCodec, host: OutputHost) {
    this.#sink = sink;
    this.#codec = codec;
    this.#host = host;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether publications may be sent; replies and farewells have a reserve beyond. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#sink.bufferedAmount < this.#host.limits.maxQueuedBytes;
  }

  send(packet: ServerPacket): void {
    if (this.#isClosed) return;
    const { maxQueuedBytes, controlReserveBytes } = this.#host.limits;
    // Looked at before: one long answer to somebody who reads is no fault of theirs.
    if (this.#sink.bufferedAmount > maxQueuedBytes + controlReserveBytes) {
      this.#host.onLimit('controlReserveBytes');
      this.close(SessionCloseCode.SlowReader, 'replies are not read');
    } else {
      this.#sink.send(this.#codec.encode(packet));
    }
  }

  sendShared(packet: EncodedPacket): void {
    if (this.#isClosed) return;
    if (this.#sink.sendShared === undefined) this.#sink.send(packet.in(this.#codec).message);
    else this.#sink.sendShared(packet.in(this.#codec));
  }

  /** Returns whether this was the first time. */
  close(code: number, reason: string): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#sink.close(code, reason);
    return true;
  }

  /** The transport has ended by itself. */
  ended(): void {
    this.#isClosed = true;
  }
}
