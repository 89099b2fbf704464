// Packets as JSON text: the encoding that everybody speaks.

import { PacketError } from '../errors.ts';
import type { Packet } from '../packet.ts';
import { encodeBase64 } from './base64.ts';
import type { PacketCodec } from './packet-codec.ts';
import { hardenPlainData, hasBytes } from './plain-data.ts';

export const jsonCodec: PacketCodec = Object.freeze({
  name: 'json',
  subprotocol: 'tidewire.v1.json',

  encode(packet: Packet): string {
    return hasBytes(packet) ? JSON.stringify(packet, bytesAsText) : JSON.stringify(packet);
  },

  decode(message: string | Uint8Array): unknown {
    if (typeof message !== 'string') throw new PacketError('binary message in JSON');
    let value: unknown;
    try {
      value = JSON.parse(message);
    } catch {
      // What the runtime says of it repeats some of the message, and the message may hold a credential.
      throw new PacketError('not JSON');
    }
    hardenPlainData(value);
    return value;
  },
} as const);

function bytesAsText(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? encodeBase64(value) : value;
}
