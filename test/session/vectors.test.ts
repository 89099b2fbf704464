// The packets of test/vectors, which any implementation can run: decoded, encoded, refused.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  asClientPacket,
  asServerPacket,
  jsonCodec,
  messagePackCodec,
  type Packet,
  PacketError,
} from '../../src/session/index.ts';

// PROTOCOL.md, section 17: what any implementation of the protocol can run.

interface Encodings {
  readonly name: string;
  readonly from: 'client' | 'server';
  readonly json?: string;
  readonly msgpack?: string;
}

function vectors<Content>(file: string): Content {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/${file}`, import.meta.url), 'utf8'));
}

const { packets } = vectors<{ packets: readonly (Encodings & { readonly packet: unknown })[] }>(
  'packets.json',
);
const { messages } = vectors<{ messages: readonly Encodings[] }>('malformed.json');

/** A value without prototypes and with bytes as the vectors write them, so that names like `__proto__` are compared. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return plain({ $bytes: Buffer.from(value).toString('hex') });
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return { entries: Object.entries(value).map(([name, each]) => [name, plain(each)]) };
}

function decode({ from, json, msgpack }: Encodings, codec: 'json' | 'msgpack'): Packet {
  const value =
    codec === 'json' ? jsonCodec.decode(json!) : messagePackCodec.decode(Buffer.from(msgpack!, 'hex'));
  return from === 'client' ? asClientPacket(value) : asServerPacket(value);
}

describe('valid packets', () => {
  for (const vector of packets) {
    const { name, from, packet } = vector;
    it(`${name}: both encodings decode to it, and so does what is encoded here`, () => {
      if (vector.json !== undefined) {
        const decoded = decode(vector, 'json');
        assert.deepEqual(plain(decoded), plain(packet));
        const json = jsonCodec.encode(decoded) as string;
        assert.deepEqual(plain(decode({ name, from, json }, 'json')), plain(packet));
      }
      if (vector.msgpack !== undefined) {
        const decoded = decode(vector, 'msgpack');
        assert.deepEqual(plain(decoded), plain(packet));
        const msgpack = Buffer.from(messagePackCodec.encode(decoded) as Uint8Array).toString('hex');
        assert.deepEqual(plain(decode({ name, from, msgpack }, 'msgpack')), plain(packet));
      }
    });
  }
});

describe('malformed messages', () => {
  for (const vector of messages) {
    for (const codec of ['json', 'msgpack'] as const) {
      if (vector[codec] === undefined) continue;
      it(`${vector.name} (${codec})`, () => assert.throws(() => decode(vector, codec), PacketError));
    }
  }
});
