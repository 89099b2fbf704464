// A packet for many receivers: encoded at most once in each codec.

import type { PacketCodec } from '../codec/packet-codec.ts';
import type { Packet } from '../packet.ts';

export class EncodedPacket<Type extends Packet = Packet> {
  readonly packet: Type;
  #codec: PacketCodec | undefined;
  #message: string | Uint8Array = '';
  #others: Map<PacketCodec, string | Uint8Array> | undefined;

  constructor(packet: Type) {
    this.packet = packet;
  }

  in(codec: PacketCodec): string | Uint8Array {
    if (codec === this.#codec) return this.#message;
    return this.#encode(codec);
  }

  #encode(codec: PacketCodec): string | Uint8Array {
    if (this.#codec === undefined) {
      this.#message = codec.encode(this.packet);
      this.#codec = codec;
      return this.#message;
    }
    this.#others ??= new Map();
    let message = this.#others.get(codec);
    if (message === undefined) {
      message = codec.encode(this.packet);
      this.#others.set(codec, message);
    }
    return message;
  }
}
