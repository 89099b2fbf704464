// The port for encodings: how a packet becomes a message of a transport and back.

import type { Packet } from '../packet.ts';

export interface PacketCodec {
  readonly name: 'json' | 'msgpack';
  /** The WebSocket subprotocol that stands for it. */
  readonly subprotocol: string;
  encode(packet: Packet): string | Uint8Array;
  /**
   * Decodes to plain data: maps without a prototype, at most 32 deep. Whether that is a packet, `asClientPacket` and
   * `asServerPacket` tell.
   * @throws {PacketError} when the message is not in this encoding. */
  decode(message: string | Uint8Array): unknown;
}
