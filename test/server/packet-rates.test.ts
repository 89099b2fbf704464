import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../src/channel/index.ts';
import { PacketRates, rateLimitDefaults, resolveRates } from '../../src/server/packet-rates.ts';
import { openRealtime, welcome } from './realtime-rig.ts';

const slow = { perSecond: 1, burst: 2 };

describe('packet rates', () => {
  it('let a burst through, then tell how long to wait', () => {
    let refused = 0;
    const rates = new PacketRates({ ...rateLimitDefaults, publishes: slow }, () => {
      refused++;
    });
    assert.deepEqual([rates.admit('pub', 0), rates.admit('pub', 0), rates.admit('pub', 0)], [0, 0, 1_000]);
    assert.equal(rates.admit('pub', 1_000), 0);
    assert.equal(rates.admit('sub', 0), 0, 'requests have a bucket of their own');
    assert.equal(refused, 1);
  });

  it('refuse requests of who sends too much of anything, but never what keeps the flow going', () => {
    const rates = new PacketRates({ ...rateLimitDefaults, packets: slow }, () => undefined);
    for (let index = 0; index < 3; index++) assert.equal(rates.admit('credit', 0), 0);
    assert.equal(rates.admit('pub', 0), 2_000);
    assert.equal(rates.admit('ping', 0), 0);
  });

  it('give up on who goes on for ten seconds’ worth', () => {
    const rates = new PacketRates({ ...rateLimitDefaults, packets: slow }, () => undefined);
    const answers = Array.from({ length: 13 }, () => rates.admit('ping', 0));
    assert.deepEqual(answers.slice(0, 12), Array(12).fill(0));
    assert.equal(answers[12], Number.POSITIVE_INFINITY);
  });

  it('are refused when they can never work', () => {
    for (const given of [
      { publishes: { perSecond: 0, burst: 1 } },
      { packets: { perSecond: 1, burst: 0.5 } },
      { publish: slow },
    ]) {
      assert.throws(() => resolveRates(given), UsageError);
    }
  });

  it('reach the client as rate_limited, with the time to wait; the connection stays', async (test) => {
    const { realtime, url } = await openRealtime(test, { rates: { publishes: slow } });
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
    assert.equal(realtime.metrics().rateLimited, 1);
  });

  it('close with 4429 who floods', async (test) => {
    const { url } = await openRealtime(test, { rates: { packets: slow } });
    const client = await welcome(test, url);
    for (let index = 0; index < 13; index++) client.send({ t: 'ping' });
    assert.equal((await client.closed).code, 4429);
  });
});
