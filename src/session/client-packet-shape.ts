// The shape of every packet that a client sends (PROTOCOL.md, sections 3 to 10).

import { isOffset, maxPresenceClock } from '../channel/index.ts';
import { PacketError } from './errors.ts';
import { maxAckOffsets } from './fixed-limits.ts';
import type { ClientPacket } from './packet.ts';
import {
  checker,
  type Fields,
  isCredit,
  isData,
  isEpochText,
  isInteger,
  isName,
  isOne,
  listOf,
  map,
  oneOf,
  optional,
  text,
  tuple,
} from './packet-check.ts';

/** Fields that a packet of each type must have, or may have. A channel is text here: a bad name is answered. */
const clientFields: Readonly<Record<ClientPacket['t'], Fields>> = {
  hello: {
    id: isInteger,
    v: isInteger,
    auth: optional(text(8_192)),
    prod: optional(text(64)),
    cap: optional(listOf(isName, 32)),
    resume: optional(
      map({
        sid: optional(text(128)),
        tok: optional(text(128)),
        ch: optional(listOf(tuple([isName, isEpochText, isInteger], isCredit), 1_000)),
      }),
    ),
  },
  auth: { id: isInteger, auth: text(8_192) },
  sub: {
    id: isInteger,
    ch: isName,
    e: optional(isEpochText),
    o: optional(isInteger),
    n: optional(isCredit),
  },
  unsub: { id: isInteger, ch: isName },
  pub: {
    id: optional(isInteger),
    ch: isName,
    d: isData,
    q: optional((value) => isOffset(value) && value > 0),
    prod: optional(text(64)),
    key: optional(text(128)),
    k: optional(text(128)),
    x: optional(isOne),
  },
  ack: { s: isInteger, o: listOf(isInteger, maxAckOffsets) },
  credit: { s: optional(isInteger), id: optional(isInteger), n: isCredit },
  hist: {
    id: isInteger,
    ch: isName,
    dir: oneOf('fwd', 'back'),
    n: isInteger,
    e: optional(isEpochText),
    o: optional(isInteger),
  },
  pres: {
    id: isInteger,
    ch: isName,
    do: oneOf('enter', 'leave', 'watch', 'unwatch'),
    c: optional((value) => isOffset(value) && value > 0 && value <= maxPresenceClock),
  },
  rpc: { id: isInteger, m: text(128), ms: optional(isInteger), n: optional(isCredit) },
  cancel: { id: isInteger },
  ping: {},
  bye: {},
};

const checkClientPacket = checker(clientFields);

/** The packet that a client sent. @throws {PacketError} naming the field that has another shape. */
export function asClientPacket(value: unknown): ClientPacket {
  checkClientPacket(value);
  const packet = value as ClientPacket;
  const hasPosition = packet.t === 'sub' || packet.t === 'hist';
  if (hasPosition && (packet.e === undefined) !== (packet.o === undefined)) {
    throw new PacketError('a position is an epoch and an offset');
  }
  if (packet.t === 'credit' && (packet.s === undefined) === (packet.id === undefined)) {
    throw new PacketError('credit is for a subscription or for a call');
  }
  return packet;
}
