// Packets of both sides: legal ones from small sets of names, with wrong values here and there.

import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { anyPlainData } from './plain-data.ts';

export const channelNames = ['log', 'state', 'signal', 'mailbox', 'forbidden', 'nowhere', ''] as const;
const epochs = ['e1', 'e2', '0', 'other', ''];
const offsets = [0, 1, 2, 3, 5, 100, 2 ** 53 - 1, -1, 0.5];
const streams = [1, 2, 3, 4, 7];
const codes = ['unavailable', 'forbidden', 'seq_gap', 'rate_limited', 'nonsense'];

type Fields = Record<string, unknown>;

export function anyClientPacket(random: SeededRandom): Fields {
  const { pick } = pickers(random);
  const id = random.integer(1, 30);
  const ch = pick(channelNames);
  const at = random.chance(0.4) ? { e: pick(epochs), o: pick(offsets) } : {};
  const packets: readonly (() => Fields)[] = [
    () => anyHello(random),
    () => ({ t: 'auth', id, auth: pick(['ann', 'bob', 'expired', 'nobody']) }),
    () => ({ t: 'sub', id, ch, ...at, ...maybe(random, { n: random.integer(0, 5) }) }),
    () => ({ t: 'sub', id, ch, ...at }),
    () => ({ t: 'unsub', id, ch }),
    () => anyPublish(random, id, ch),
    () => anyPublish(random, id, ch),
    () => ({
      t: 'ack',
      s: pick(streams),
      o: Array.from({ length: random.integer(0, 4) }, () => pick(offsets)),
    }),
    () => ({ t: 'credit', s: pick(streams), n: pick([0, 1, 3, 1_000_000, 2 ** 40]) }),
    () => ({ t: 'hist', id, ch, dir: pick(['fwd', 'back']), n: pick([0, 1, 3, 1_000_000]), ...at }),
    () => ({
      t: 'pres',
      id,
      ch,
      do: pick(['enter', 'leave', 'watch', 'unwatch']),
      ...maybe(random, { c: random.integer(1, 9) }),
      ...maybe(random, { d: 'here' }),
    }),
    () => ({
      t: 'rpc',
      id,
      m: pick(['echo', 'parts', 'never', 'fail', 'none']),
      d: 1,
      ...maybe(random, { ms: pick([0, 10, 5_000]) }),
    }),
    () => ({ t: 'cancel', id }),
    () => ({ t: 'ping' }),
    () => ({ t: 'bye' }),
  ];
  return withMistake(random, pick(packets)());
}

export function anyHello(random: SeededRandom): Fields {
  const { pick } = pickers(random);
  const token = random.integer(1, 12);
  const resume = {
    ...maybe(random, { sid: `token-${token}` }),
    ...maybe(random, { tok: `token-${token + 1}` }),
    ...maybe(random, {
      ch: Array.from({ length: random.integer(0, 4) }, () => [
        pick(channelNames),
        pick(epochs),
        pick(offsets),
        ...(random.chance(0.3) ? [random.integer(0, 5)] : []),
      ]),
    }),
  };
  return {
    t: 'hello',
    id: 1,
    v: random.chance(0.95) ? 1 : random.integer(0, 3),
    auth: random.chance(0.9) ? pick(['ann', 'bob']) : pick(['expired', 'later', 'nobody', '']),
    ...maybe(random, { prod: pick(['producer-1', 'producer-2']) }),
    ...maybe(random, { cap: ['credit', 'map'] }),
    ...maybe(random, { resume }),
  };
}

function anyPublish(random: SeededRandom, id: number, ch: string): Fields {
  const { pick } = pickers(random);
  return {
    t: 'pub',
    ...(random.chance(0.9) ? { id } : {}),
    ch,
    d: anyPlainData(random, { depth: 2 }),
    ...maybe(random, { q: random.integer(0, 6) }),
    ...maybe(random, { k: pick(['a', 'b', '__proto__']) }),
    ...(random.chance(0.2) ? { x: 1 } : {}),
    ...(random.chance(0.2) ? { key: pick(['dedupe-1', 'dedupe-2']) } : {}),
    ...(random.chance(0.2) ? { prod: pick(['producer-1', 'producer-3']) } : {}),
  };
}

export function anyVerdict(random: SeededRandom): Fields {
  const { pick } = pickers(random);
  return withMistake(random, {
    s: pick(streams),
    c: pick(['signal', 'state', 'log', 'mailbox']),
    e: pick(epochs),
    o: pick(offsets),
    r: pick(['ok', 'gap']),
    ...maybe(random, { why: pick(['epoch', 'trimmed', 'too_far', 'policy', 'unknown']) }),
    ...maybe(random, { from: pick(offsets), to: pick(offsets) }),
  });
}

export function anyError(random: SeededRandom): Fields {
  const { pick } = pickers(random);
  return withMistake(random, {
    code: pick(codes),
    msg: 'why',
    retry: pick(['no', 'now', 'after']),
    ...maybe(random, { afterMs: pick([0, 1, 1_000, 2 ** 53 - 1]) }),
    ...maybe(random, { expect: pick(offsets) }),
  });
}

export function anyWelcome(random: SeededRandom): Fields {
  const { pick } = pickers(random);
  const entry = (): Fields =>
    random.chance(0.7)
      ? { ch: pick(channelNames), ...anyVerdict(random) }
      : { ch: pick(channelNames), err: anyError(random) };
  const packet = {
    t: 'welcome',
    id: 1,
    sid: 'session',
    ...maybe(random, { tok: 'secret' }),
    resumed: random.chance(0.5),
    ttlMs: 120_000,
    pingMs: random.chance(0.9) ? 25_000 : pick([0, 1, 2 ** 53 - 1]),
    idleMs: random.chance(0.9) ? 33_000 : pick([0, 1, 2 ** 53 - 1]),
    max: { packet: 65_536, subs: 200, inflight: random.chance(0.9) ? 64 : pick([0, 1]) },
    res: Array.from({ length: random.integer(0, 3) }, entry),
  };
  return random.chance(0.9) ? packet : withMistake(random, packet);
}

export function anyServerPacket(random: SeededRandom): Fields {
  const { pick } = pickers(random);
  const s = pick(streams);
  const o = pick(offsets);
  const packets: readonly (() => Fields)[] = [
    () => anyWelcome(random),
    () => ({
      t: 'reply',
      id: random.integer(1, 30),
      ok: random.chance(0.5) ? anyVerdict(random) : anyPlainData(random, { depth: 2 }),
    }),
    () => ({ t: 'reply', id: random.integer(1, 30), err: anyError(random) }),
    () => ({
      t: 'msg',
      s,
      o,
      d: 'data',
      ...maybe(random, { f: pick(offsets) }),
      ...maybe(random, { k: 'a' }),
      ...maybe(random, { ts: 5, by: 'ann' }),
    }),
    () => ({
      t: 'msg',
      s,
      o,
      d: null,
      ...maybe(random, { x: 1 }),
      ...maybe(random, { a: 1 }),
      ...maybe(random, { drop: 2 }),
    }),
    () => ({ t: 'pos', s, f: pick(offsets), o }),
    () => ({ t: 'live', s, o, ...maybe(random, { f: pick(offsets) }) }),
    () => ({ t: 'gap', s, why: pick(['epoch', 'trimmed', 'policy']), to: pick(streams), e: pick(epochs), o }),
    () => ({ t: 'end', s, err: anyError(random) }),
    () => ({
      t: 'map',
      s,
      o,
      n: random.integer(0, 5),
      ...maybe(random, { to: pick(streams) }),
      ...maybe(random, {
        put: [
          [pick(['ann/1', '__proto__']), random.integer(1, 9), 'here', ...(random.chance(0.3) ? [1] : [])],
        ],
      }),
      ...maybe(random, { rm: ['ann/1'] }),
      ...maybe(random, { snap: 1 }),
      ...(random.chance(0.2) ? { more: 1 } : {}),
    }),
    () => ({ t: 'auth', inMs: pick([0, 1_000, 2 ** 53 - 1]) }),
    () => ({ t: 'goaway', inMs: pick([0, 100, 2 ** 53 - 1]), spreadMs: pick([0, 100, 2 ** 53 - 1]) }),
    () => ({
      t: 'pong',
      ...maybe(random, {
        pos: [
          [s, o],
          [pick(streams), pick(offsets), pick(offsets)],
        ],
      }),
    }),
    () => ({ t: 'rpc', id: random.integer(1, 30), d: 'part' }),
  ];
  return withMistake(random, pick(packets)());
}

/** One packet in ten has one field less, more, or of another type. */
function withMistake(random: SeededRandom, packet: Fields): Fields {
  if (!random.chance(0.1)) return packet;
  const altered = { ...packet };
  const name = random.pick(Object.keys(packet));
  if (random.chance(0.3)) delete altered[name];
  else if (random.chance(0.2)) altered[random.pick(['err', 'ok', 'to', 'e', '__proto__', 'extra'])] = null;
  else altered[name] = anyPlainData(random, { depth: 2 });
  return altered;
}

function maybe(random: SeededRandom, fields: Fields): Fields {
  return random.chance(0.5) ? fields : {};
}

function pickers(random: SeededRandom): { pick<Value>(values: readonly Value[]): Value } {
  return { pick: (values) => random.pick(values) };
}
