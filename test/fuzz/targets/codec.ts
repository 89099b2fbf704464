// Both encodings of packets, and the shapes of packets behind them.

import { isDeepStrictEqual } from 'node:util';
import { asClientPacket } from '../../../src/session/client-packet-shape.ts';
import { jsonCodec } from '../../../src/session/codec/json-codec.ts';
import { messagePackCodec } from '../../../src/session/codec/messagepack-codec.ts';
import type { PacketCodec } from '../../../src/session/codec/packet-codec.ts';
import { PacketError } from '../../../src/session/errors.ts';
import type { Packet } from '../../../src/session/packet.ts';
import { asServerPacket } from '../../../src/session/server-packet-shape.ts';
import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { anyClientPacket, anyServerPacket } from './packet-grammar.ts';
import { anyPlainData, promisePlainData } from './plain-data.ts';

const names = [
  '"t":',
  '"id":1',
  '"ch":"log"',
  '"d":',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\u0000',
  '\\ud800',
  '1e999',
  '-0',
  'null',
];
const deep = { json: '['.repeat(40), msgpack: Uint8Array.from({ length: 40 }, () => 0x91) };

function anyValue(random: SeededRandom, withBytes: boolean): unknown {
  const kind = random.integer(0, 3);
  if (kind === 0) return anyClientPacket(random);
  if (kind === 1) return anyServerPacket(random);
  return anyPlainData(random, { depth: random.chance(0.1) ? 34 : 4, withBytes });
}

/** Gives a short word for what a message is taken for. */
function takeFor(codec: PacketCodec, message: string | Uint8Array): string {
  const value = orPacketError(() => codec.decode(message));
  if (value instanceof PacketError) return value.message.slice(0, 12);
  promisePlainData(value);
  const again = codec.decode(codec.encode(value as Packet));
  promise(isDeepStrictEqual(again, value) || hasNegativeZero(value), 'written and read, it is another');
  const asClient = orPacketError(() => asClientPacket(value));
  const asServer = orPacketError(() => asServerPacket(value));
  const word = (outcome: unknown): string =>
    outcome instanceof PacketError ? outcome.message.slice(0, 30) : String((outcome as Packet).t);
  return `${word(asClient)} ${word(asServer)}`;
}

/** JSON reads `-0` and writes `0`. */
function hasNegativeZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0);
  return Object.values(value).some(hasNegativeZero);
}

function orPacketError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof PacketError) return error;
    throw error;
  }
}

export const jsonTarget: FuzzTarget = {
  name: 'json-codec',
  promise: 'plain data or a PacketError; written and read, the same; shapes answer without an exception',
  words: [...names, deep.json],

  generate: (random) => Buffer.from(JSON.stringify(anyValue(random, false)) ?? ''),

  // As a transport hands it over: text, in which broken UTF-8 cannot be.
  run: (input) => takeFor(jsonCodec, Buffer.from(input).toString('utf8')),
};

export const messagePackTarget: FuzzTarget = {
  name: 'messagepack-codec',
  promise: 'as for JSON; and announced lengths are not believed',
  words: [
    deep.msgpack,
    ...[0xc1, 0xc6, 0xdb, 0xdd, 0xdf, 0xcb, 0xcf, 0xd3].map((head) =>
      Uint8Array.of(head, 0xff, 0xff, 0xff, 0xff),
    ),
  ],

  generate(random) {
    const value = anyValue(random, true);
    const isTooDeep = (error: unknown): boolean => (error as Error).message.includes('deeper');
    try {
      return messagePackCodec.encode(value as Packet) as Uint8Array;
    } catch (error) {
      promise(isTooDeep(error), `not written: ${String(error)}`);
      return deep.msgpack;
    }
  },

  run: (input) => takeFor(messagePackCodec, new Uint8Array(input)),
};
