// Whatever a client asks, in whatever order the answers come: each request is answered once, and the server comes to rest.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorBody } from '../../src/session/index.ts';
import { SeededRandom } from '../../src/testkit/index.ts';
import { fc } from '../fast-check.ts';
import { type AnyPacket, Rig } from './rig.ts';

const channels = {
  log: { class: 'log' },
  state: { class: 'state' },
  signal: { class: 'signal' },
  mailbox: { class: 'mailbox' },
} as const;

const ch = fc.constantFrom('log', 'log', 'state', 'signal', 'mailbox', 'nowhere', 'no name');
const position = fc.option(fc.record({ e: fc.constantFrom('e1', 'e2'), o: fc.nat(9) }), { nil: {} });
const credit = fc.option(fc.record({ n: fc.nat(3) }), { nil: {} });

/** Requests without their ids, and now and then what needs no answer. */
const packet: fc.Arbitrary<AnyPacket> = fc.oneof(
  fc.tuple(ch, position, credit).map(([name, at, n]) => ({ t: 'sub', ch: name, ...at, ...n })),
  ch.map((name) => ({ t: 'unsub', ch: name })),
  fc
    .record({ ch, q: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }) })
    .map((fields) => ({ t: 'pub', d: 'text', ...(fields.ch === 'state' && { k: 'key' }), ...fields })),
  fc.tuple(ch, position).map(([name, at]) => ({ t: 'hist', ch: name, dir: 'fwd', n: 2, ...at })),
  fc
    .record({
      ch,
      do: fc.constantFrom('enter', 'leave', 'watch', 'unwatch'),
      c: fc.integer({ min: 1, max: 9 }),
    })
    .map((fields) => ({ t: 'pres', ...fields })),
  fc.constantFrom('double', 'late', 'none').map((m) => ({ t: 'rpc', m, d: 1, ms: 50 })),
  fc.constant({ t: 'auth', auth: 'ann' }),
  fc.nat(5).map((back) => ({ t: 'cancel', back })),
);

interface Step {
  readonly packet: AnyPacket;
  readonly waitMs: number;
  readonly isAuthorizedAgain: boolean;
  readonly isBrokerFailing: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  packet,
  waitMs: fc.constantFrom(0, 0, 0, 1, 3, 20),
  isAuthorizedAgain: fc.nat(9).map((dice) => dice === 0),
  isBrokerFailing: fc.nat(9).map((dice) => dice === 0),
});

/** A rig whose application takes its time, and changes its mind. */
function slowRig(seed: number): Rig {
  const random = new SeededRandom(seed);
  const rig: Rig = new Rig({
    channels,
    authorize: () =>
      random.chance(0.2) ? { type: 'refused', error: errorBody('forbidden', 'not now') } : undefined,
    call: ({ method }, handler) => {
      if (method === 'none') handler.onDone({ error: errorBody('unknown_method', 'no such call') });
      else if (method === 'double') rig.clock.setTimer(() => handler.onDone({ data: 2 }), 3);
      return { cancel: () => {} };
    },
  });
  const { authority } = rig.hub;
  const ask = authority.authorize.bind(authority);
  authority.authorize = (request, done) => {
    const afterMs = random.integer(0, 4);
    if (afterMs === 0) ask(request, done);
    else rig.clock.setTimer(() => ask(request, done), afterMs);
  };
  return rig;
}

describe('a server machine', () => {
  it('answers each request once, whatever replaces it, ends it or fails, and comes to rest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, seed) => {
        const rig = slowRig(seed);
        const peer = rig.greeted();
        let id = 100;
        const asked: number[] = [];
        for (const { packet: sent, waitMs, isAuthorizedAgain, isBrokerFailing } of steps) {
          rig.broker.failure = isBrokerFailing ? 1 : 0;
          if (sent.t === 'cancel') peer.send({ t: 'cancel', id: id - sent.back });
          else {
            asked.push(++id);
            peer.send({ id, ...sent });
          }
          if (isAuthorizedAgain) rig.hub.authorizeAgain('ann');
          rig.advance(waitMs);
        }
        rig.broker.failure = 0;
        for (let second = 0; second < 20; second++) {
          peer.send({ t: 'ping' });
          rig.advance(1_000);
        }
        assert.equal(peer.closed, undefined);
        const answered = peer.all('reply').map((reply) => reply.id);
        assert.deepEqual(
          answered.sort((a, b) => a - b),
          asked,
        );
        peer.send({ t: 'bye' });
        rig.advance(10_000);
        assert.deepEqual([rig.hub.connections.size, rig.hub.openStreams, rig.broker.openFeeds], [0, 0, 0]);
        assert.deepEqual([rig.broker.members('log'), rig.reports], [[], []]);
      }),
      { numRuns: Number(process.env.RUNS ?? 500) },
    );
  });
});
