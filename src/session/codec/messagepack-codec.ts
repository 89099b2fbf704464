// Packets as MessagePack: smaller, with byte strings, and at home on devices.

import { PacketError } from '../errors.ts';
import type { Packet } from '../packet.ts';
import { MessagePackReader } from './messagepack-reader.ts';
import { MessagePackWriter } from './messagepack-writer.ts';
import type { PacketCodec } from './packet-codec.ts';

const writer = new MessagePackWriter();

export const messagePackCodec: PacketCodec = Object.freeze({
  name: 'msgpack',
  subprotocol: 'tidewire.v1.msgpack',

  encode(packet: Packet): Uint8Array {
    return writer.write(packet);
  },

  decode(message: string | Uint8Array): unknown {
    if (typeof message === 'string') throw new PacketError('text message on a MessagePack connection');
    return new MessagePackReader(message).read();
  },
} as const);
