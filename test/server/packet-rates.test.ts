import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacketRates, rateLimitDefaults } from '../../src/server/packet-rates.ts';
import { openRealtime, welcome } from './realtime-rig.ts';

/** Rates with one of them low, and what they have reported. */
function ratesOf(slow: Partial<typeof rateLimitDefaults>): { rates: PacketRates; reached: string[] } {
  const reached: string[] = [];
  return {
    rates: new PacketRates({ ...rateLimitDefaults, ...slow }, (limit) => reached.push(limit)),
    reached,
  };
}

describe('packet rates', () => {
  it('let a second’s worth through at once, then tell how long to wait', () => {
    const { rates, reached } = ratesOf({ maxPublishesPerSecond: 2 });
    assert.deepEqual([rates.admit('pub', 0), rates.admit('pub', 0), rates.admit('pub', 0)], [0, 0, 500]);
    assert.equal(rates.admit('pub', 500), 0);
    assert.equal(rates.admit('sub', 0), 0, 'requests have a bucket of their own');
    assert.deepEqual(reached, ['maxPublishesPerSecond']);
  });

  it('bound requests of every kind together', () => {
    const { rates, reached } = ratesOf({ maxRequestsPerSecond: 5 });
    const kinds = ['sub', 'hist', 'pres', 'rpc', 'auth'] as const;
    for (const type of kinds) assert.equal(rates.admit(type, 0), 0);
    for (const type of kinds) assert.equal(rates.admit(type, 0), 200);
    assert.deepEqual(reached, Array(5).fill('maxRequestsPerSecond'));
  });

  it('refuse requests of who sends too much of anything, but never what keeps the flow going', () => {
    const { rates, reached } = ratesOf({ maxPacketsPerSecond: 2 });
    for (let index = 0; index < 3; index++) assert.equal(rates.admit('credit', 0), 0);
    assert.equal(rates.admit('pub', 0), 1_000);
    assert.equal(rates.admit('ping', 0), 0);
    assert.deepEqual(reached, ['maxPacketsPerSecond']);
  });

  it('give up on who goes on for ten seconds’ worth', () => {
    const { rates, reached } = ratesOf({ maxPacketsPerSecond: 2 });
    const answers = Array.from({ length: 23 }, () => rates.admit('ping', 0));
    assert.deepEqual(answers.slice(0, 22), Array(22).fill(0));
    assert.equal(answers[22], Number.POSITIVE_INFINITY);
    assert.deepEqual(reached, ['maxPacketsPerSecond']);
  });

  it('reach the client as rate_limited, with the time to wait; the connection stays', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxPublishesPerSecond: 2 } });
    const client = await welcome(test, url);
    const publish = () => client.ask({ t: 'pub', ch: 'chat:1', d: { text: 'x' } });
    const replies = [await publish(), await publish(), await publish()];
    assert.deepEqual(
      replies.map(({ err }) => err?.code),
      [undefined, undefined, 'rate_limited'],
    );
    const { retry, afterMs } = replies[2]!.err;
    assert.ok(retry === 'after' && afterMs > 0 && afterMs <= 1_000);
    assert.equal((await client.ask({ t: 'sub', ch: 'chat:1' })).ok.r, 'ok');
    assert.equal(realtime.metrics().limitsReached.maxPublishesPerSecond, 1);
  });

  it('close with 4429 who floods', async (test) => {
    const { realtime, url } = await openRealtime(test, { limits: { maxPacketsPerSecond: 1 } });
    const client = await welcome(test, url);
    for (let index = 0; index < 13; index++) client.send({ t: 'ping' });
    assert.equal((await client.closed).code, 4429);
    assert.equal(realtime.metrics().limitsReached.maxPacketsPerSecond, 1);
  });
});
