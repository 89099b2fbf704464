import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryBroker } from '../../../src/broker/index.ts';
import { resolveChannelPolicy } from '../../../src/channel/index.ts';
import { type NodeCall, NodeCalls } from '../../../src/server/hub/node-calls.ts';
import { settlePromises, VirtualClock } from '../../../src/testkit/index.ts';
import { openRealtime, RawClient, welcome } from '../realtime-rig.ts';

const signal = resolveChannelPolicy({ class: 'signal' });

describe('calls between nodes', () => {
  it('cut a subject off on every node, and its sessions with it', async (test) => {
    const broker = new MemoryBroker();
    test.after(() => broker.close());
    const [one, two] = [await openRealtime(test, { broker }), await openRealtime(test, { broker })];
    const here = await welcome(test, one.url, 'ada');
    const there = new RawClient(test, two.url);
    const { sid, tok } = await there.hello({ auth: 'ada' });
    const other = await welcome(test, two.url, 'grace');
    assert.equal(one.realtime.revoke({ subject: 'ada' }), 1);
    assert.deepEqual([(await here.closed).code, (await there.closed).code], [4403, 4403]);
    const again = new RawClient(test, two.url);
    assert.equal((await again.hello({ auth: 'ada', resume: { sid, tok } })).resumed, false);
    assert.ok((await other.ask({ t: 'sub', ch: 'chat:1' })).ok, 'others stay');
  });

  it('ask about the subscriptions of a subject again on every node', async (test) => {
    const broker = new MemoryBroker();
    test.after(() => broker.close());
    let isAllowed = true;
    const authorize = (): boolean => isAllowed;
    const one = await openRealtime(test, { broker, authorize });
    const two = await openRealtime(test, { broker, authorize });
    const client = await welcome(test, two.url, 'ada');
    await client.ask({ t: 'sub', ch: 'chat:1' });
    isAllowed = false;
    one.realtime.authorizeAgain('ada');
    assert.equal((await client.next(({ t }) => t === 'end')).err.code, 'forbidden');
  });

  it('are heard by others only, and only when they are calls', async () => {
    const broker = new MemoryBroker({ clock: new VirtualClock() });
    const heard: unknown[] = [];
    const clock = new VirtualClock();
    const options = { broker, clock, report: (error: unknown) => assert.fail(String(error)) };
    const [one, two] = ['one', 'two'].map(
      (node) =>
        new NodeCalls({
          ...options,
          node,
          onCall: (call) => heard.push({ ...call, heardBy: node }),
        }),
    );
    await settlePromises();
    for (const data of [
      null,
      7,
      'revoke',
      [],
      {},
      { do: 'revoke' },
      { do: 'revoke', subject: 7 },
      { do: 'x', sid: 'y' },
    ])
      await broker.publish('$nodes', { data }, signal);
    one!.tell({ do: 'revoke', sid: 's' });
    await settlePromises();
    assert.deepEqual(heard, [{ do: 'revoke', sid: 's', heardBy: 'two' }]);
    one!.close();
    two!.close();
    one!.tell({ do: 'revoke', sid: 's' });
    await settlePromises();
    assert.equal(heard.length, 1);
    await broker.close();
    assert.equal(clock.pendingTimers, 0);
  });

  it('are heard again after the broker was lost', async () => {
    const clock = new VirtualClock();
    let store = new MemoryBroker({ clock });
    const broker = {
      durability: 'memory',
      publish: (...args: Parameters<MemoryBroker['publish']>) => store.publish(...args),
      subscribe: (...args: Parameters<MemoryBroker['subscribe']>) => store.subscribe(...args),
      history: (...args: Parameters<MemoryBroker['history']>) => store.history(...args),
      close: () => store.close(),
    } as const;
    const heard: NodeCall[] = [];
    const calls = new NodeCalls({
      broker,
      clock,
      node: 'one',
      onCall: (call) => heard.push(call),
      report: () => undefined,
    });
    await settlePromises();
    await store.close();
    await settlePromises();
    clock.advance(1_000);
    await settlePromises();
    store = new MemoryBroker({ clock });
    clock.advance(1_000);
    await settlePromises();
    await store.publish('$nodes', { data: { do: 'authorize', subject: 'ada' } }, signal);
    assert.deepEqual(heard, [{ do: 'authorize', subject: 'ada' }]);
    calls.close();
  });

  it('cannot be made by a client', async (test) => {
    const { url } = await openRealtime(test);
    const client = await welcome(test, url, 'ada');
    for (const packet of [
      { t: 'pub', d: { do: 'revoke', subject: 'ada' } },
      { t: 'sub' },
      { t: 'hist', dir: 'back', n: 1 },
      { t: 'pres', do: 'watch' },
    ]) {
      const { err } = await client.ask({ ...packet, ch: '$nodes' });
      assert.ok(['bad_channel', 'unknown_channel'].includes(err.code), err.code);
    }
  });
});
