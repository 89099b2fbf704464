// The shape of every packet that a server sends (PROTOCOL.md, sections 3 to 10).

import type { ServerPacket } from './packet.ts';
import {
  type Check,
  checker,
  type Fields,
  isBoolean,
  isData,
  isEpochText,
  isInteger,
  isName,
  isOne,
  isRecord,
  listOf,
  map,
  oneOf,
  optional,
  text,
  tuple,
} from './packet-check.ts';

/** Whether it can be a key, or the name or the secret of a session: 1 to 128 characters. */
export const isKey: (value: unknown) => boolean = text(128);

const isGapReason = oneOf('epoch', 'trimmed', 'too_far', 'policy', 'unknown');
const isError = map({
  code: text(64),
  msg: isName,
  retry: oneOf('no', 'now', 'after'),
  afterMs: optional(isInteger),
  path: optional(isName),
  issues: optional(listOf(map({ path: isName, message: isName }), 8)),
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

const serverFields: Readonly<Record<ServerPacket['t'], Fields>> = {
  welcome: {
    id: optional(isInteger),
    sid: isKey,
    tok: optional(isKey),
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
    ts: optional(isInteger),
    by: optional(isName),
    k: optional(isName),
    x: optional(isOne),
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
    snap: optional(isOne),
    more: optional(isOne),
  },
  sub: { ch: isName, ...verdictFields },
  auth: { inMs: isInteger },
  goaway: { inMs: isInteger, spreadMs: isInteger },
  pong: { pos: optional(listOf(tuple([isInteger, isInteger], isInteger))) },
  rpc: { id: isInteger, d: isData },
};

// What the `ok` of a reply is, a client checks when it knows what the reply is of.

/** Whether the `ok` of a reply to `sub` is one. */
export const isSubVerdict: (value: unknown) => boolean = isVerdict;
/** Whether the `ok` of a reply to `pub` is one. */
export const isPubAnswer: Check = map({ e: isEpochText, o: isInteger, dup: isBoolean });
/** Whether the `ok` of a reply to a `pres` that watches is one. */
export const isWatchAnswer: Check = /* @__PURE__ */ map({ s: isInteger });

const checkServerPacket = checker(serverFields);

/** The packet that a server sent. @throws {PacketError} naming the field that has another shape. */
export function asServerPacket(value: unknown): ServerPacket {
  checkServerPacket(value);
  return value as ServerPacket;
}
