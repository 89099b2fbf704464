// A packet for many receivers: encoded at most once in each codec.

import type { PacketCodec } from '../codec/packet-codec.ts';
import type { Packet } from '../packet.ts';

/** One message that goes to many connections. */
export interface SharedMessage {
  readonly message: string | Uint8Array;
  /** What a transport has made of it, to be used again: a frame, say. Nobody else looks at it. */
  form: unknown;
}

export class EncodedPacket<Type extends Packet = Packet> {
  readonly packet: Type;
  #codec: PacketCodec | undefined;
  #shared: SharedMessage | undefined;
  #others: Map<PacketCodec, SharedMessage> | undefined;

  constructor(packet: Type) {
    this.packet = packet;
  }

  in(codec: PacketCodec): SharedMessage {
    if (codec === this.#codec) return this.#shared!;
    return this.#encode(codec);
  }

  #encode(codec: PacketCodec): SharedMessage {
    if (this.#codec === undefined) {
      this.#codec = codec;
      this.#shared = share(this.packet, codec);
      return this.#shared;
    }
    this.#others ??= new Map();
    let shared = this.#others.get(codec);
    if (shared === undefined) {
      shared = share(this.packet, codec);
      this.#others.set(codec, shared);
    }
    return shared;
  }
}

function share(packet: Packet, codec: PacketCodec): SharedMessage {
  return { message: codec.encode(packet), form: undefined };
}
