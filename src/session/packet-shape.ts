// Checks that what a codec decoded is a packet: one table of fields for each direction.

import { isEpoch, isOffset, maxCredit } from '../channel/index.ts';
import { PacketError } from './errors.ts';
import { maxAckOffsets } from './limits.ts';
import type { ClientPacket, ServerPacket } from './packet.ts';

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;

const isInteger: Check = isOffset;
const isBoolean: Check = (value) => typeof value === 'boolean';
const isData: Check = (value) => value !== undefined;
const isName: Check = (value) => typeof value === 'string';
const isOne: Check = (value) => value === 1;
const isEpochText: Check = (value) => typeof value === 'string' && isEpoch(value);

function text(maxLength: number): Check {
  return (value) => typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

function oneOf(...values: readonly string[]): Check {
  return (value) => typeof value === 'string' && values.includes(value);
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function listOf(check: Check, maxLength = Number.POSITIVE_INFINITY): Check {
  return (value) => Array.isArray(value) && value.length <= maxLength && value.every(check);
}

function tuple(required: readonly Check[], last: Check): Check {
  return (value) =>
    Array.isArray(value) &&
    (value.length === required.length || (value.length === required.length + 1 && last(value.at(-1)))) &&
    required.every((check, index) => check(value[index]));
}

function map(fields: Fields): Check {
  const checks = Object.entries(fields);
  return (value) => isRecord(value) && checks.every(([name, check]) => check(value[name]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

const isCredit: Check = (value) => isOffset(value) && value <= maxCredit;
const isGapReason = oneOf('epoch', 'trimmed', 'too_far', 'policy', 'unknown');
const isError = map({
  code: text(64),
  msg: isName,
  retry: oneOf('no', 'now', 'after'),
  afterMs: optional(isInteger),
  path: optional(isName),
  expect: optional(isInteger),
});
const verdictFields: Fields = {
  s: isInteger,
  c: oneOf('signal', 'state', 'log', 'mailbox'),
  e: isEpochText,
  o: isInteger,
  r: oneOf('ok', 'gap'),
  why: optional(isGapReason),
  from: optional(isInteger),
  to: optional(isInteger),
};
const isVerdict = map(verdictFields);
const isResumeError = map({ ch: isName, err: isError });
const isResumeResult: Check = (value) =>
  isResumeError(value) || (isRecord(value) && isName(value.ch) && isVerdict(value));

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
  credit: { s: isInteger, n: isCredit },
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
    c: optional((value) => isOffset(value) && value > 0),
  },
  rpc: { id: isInteger, m: text(128), ms: optional(isInteger) },
  cancel: { id: isInteger },
  ping: {},
  bye: {},
};

const serverFields: Readonly<Record<ServerPacket['t'], Fields>> = {
  welcome: {
    id: optional(isInteger),
    sid: text(128),
    tok: optional(text(128)),
    resumed: isBoolean,
    ttlMs: isInteger,
    authMs: optional(isInteger),
    pingMs: isInteger,
    idleMs: isInteger,
    max: map({ packet: isInteger, subs: isInteger, inflight: isInteger }),
    res: listOf(isResumeResult),
  },
  reply: { id: isInteger, err: optional(isError) },
  msg: {
    s: isInteger,
    o: isInteger,
    f: optional(isInteger),
    d: isData,
    k: optional(isName),
    a: optional(isInteger),
    drop: optional(isInteger),
  },
  pos: { s: isInteger, f: isInteger, o: isInteger },
  live: { s: isInteger, o: isInteger, f: optional(isInteger) },
  gap: { s: isInteger, why: isGapReason, to: isInteger, e: isEpochText, o: isInteger },
  end: { s: isInteger, err: isError },
  map: {
    s: isInteger,
    to: optional(isInteger),
    o: isInteger,
    n: isInteger,
    put: optional(listOf(tuple([isName, isInteger, isData], isOne))),
    rm: optional(listOf(isName)),
  },
  auth: { inMs: isInteger },
  goaway: { inMs: isInteger, spreadMs: isInteger },
  pong: { pos: optional(listOf(tuple([isInteger, isInteger], isInteger))) },
  rpc: { id: isInteger, d: isData },
};

/** Whether a `sub` reply's `ok` is one. A client checks it when it knows what the reply is of. */
export const isSubVerdict: (value: unknown) => boolean = isVerdict;

function checker(table: Readonly<Record<string, Fields>>): (value: unknown) => void {
  const types = new Map(
    Object.entries(table).map(([type, fields]) => [type as unknown, Object.entries(fields)]),
  );
  return (value) => {
    if (!isRecord(value)) throw new PacketError('a packet is a map');
    const fields = types.get(value.t);
    if (fields === undefined) throw new PacketError('unknown packet type');
    for (let index = 0; index < fields.length; index++) {
      const [name, check] = fields[index]!;
      if (!check(value[name])) throw new PacketError(`bad field ${name} in packet ${String(value.t)}`);
    }
    if ((value.e === undefined) !== (value.o === undefined) && (value.t === 'sub' || value.t === 'hist')) {
      throw new PacketError('a position is an epoch and an offset');
    }
  };
}

const checkClientPacket = checker(clientFields);
const checkServerPacket = checker(serverFields);

/** The packet that a client sent. @throws {PacketError} naming the field that has another shape. */
export function asClientPacket(value: unknown): ClientPacket {
  checkClientPacket(value);
  return value as ClientPacket;
}

/** The packet that a server sent. @throws {PacketError} naming the field that has another shape. */
export function asServerPacket(value: unknown): ServerPacket {
  checkServerPacket(value);
  return value as ServerPacket;
}
