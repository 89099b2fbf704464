import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Broker, MemoryBroker } from '../../../src/broker/index.ts';
import {
  type PresenceChange,
  PresenceMap,
  type PresenceMember,
  resolveChannelPolicy,
} from '../../../src/channel/index.ts';
import { BrokerSource } from '../../../src/server/index.ts';
import { VirtualClock } from '../../../src/testkit/index.ts';
import { SlowBroker, someTurns } from '../../broker/slow-broker.ts';

const log = resolveChannelPolicy({ class: 'log' });
const mailbox = resolveChannelPolicy({ class: 'mailbox' });

function setUp(wrap: (store: MemoryBroker) => Broker = (store) => store) {
  const clock = new VirtualClock();
  const store = new MemoryBroker({ clock });
  const reports: unknown[] = [];
  const broker = wrap(store);
  const source = new BrokerSource({
    broker,
    node: 'n1',
    leaseMs: 1_000,
    report: (error) => reports.push(error),
  });
  return { clock, store, broker, source, reports };
}

/** Calls that take a callback, as promises. */
function answer<Value>(call: (done: (value: Value) => void) => void): Promise<Value> {
  return new Promise(call);
}

describe('broker source', () => {
  it('answers after the call has returned', async () => {
    const { source } = setUp();
    let hasReturned = false;
    const answered = answer((done) => {
      source.publish(
        'a',
        { data: 1 },
        {
          policy: log,
          done: (outcome) => {
            assert.ok(hasReturned);
            done(outcome);
          },
        },
      );
    });
    hasReturned = true;
    assert.equal(((await answered) as { type: string }).type, 'accepted');
  });

  it('passes on what is heard from start until close', async () => {
    const { source, store } = setUp();
    const heard: unknown[] = [];
    const listener = await answer<ReturnType<typeof source.listen>>((done) => {
      const opened = source.listen('a', log, {
        onOpen: () => done(opened),
        onPublication: ({ data }) => heard.push(data),
        onLost: () => heard.push('lost'),
      });
    });
    await store.publish('a', { data: 1 }, log);
    assert.deepEqual(heard, []);
    listener.start();
    await store.publish('a', { data: 2 }, log);
    listener.close();
    await store.publish('a', { data: 3 }, log);
    await store.close();
    assert.deepEqual(heard, [1, 2]);
  });

  it('closed before it was open, it closes what then opens, and calls nobody', async () => {
    const { source, store } = setUp();
    const fail = () => assert.fail('nobody is there');
    source.listen('a', log, { onOpen: fail, onPublication: fail, onLost: fail }).close();
    await answer((done) => source.history('a', { type: 'forward', limit: 0 }, { policy: log, done }));
    await store.publish('a', { data: 1 }, log);
    await store.close();
  });

  it('tells once that it was lost, or could not be opened', async () => {
    const { source, store } = setUp();
    let lost = 0;
    const listen = (onOpen: () => void, onLost: () => void) =>
      source.listen('a', log, { onOpen, onPublication() {}, onLost });
    await answer<void>((done) => {
      const listener = listen(
        () => {
          listener.start();
          void store.close();
        },
        () => {
          lost++;
          done();
        },
      );
    });
    await answer<void>((done) =>
      listen(
        () => assert.fail(),
        () => done(lost++ as never),
      ),
    );
    assert.equal(lost, 2);
  });

  it('says of a failed call whether it may have had its effect', async () => {
    const { source, broker, reports } = setUp(
      (store) => new SlowBroker({ store: () => store, delay: someTurns(() => 0.5) }),
    );
    for (const [when, effect] of [
      ['before', 'none'],
      ['after', 'unknown'],
    ] as const) {
      (broker as SlowBroker).failNext(when);
      const failed = await answer((done) => source.publish('a', { data: 1 }, { policy: log, done }));
      assert.deepEqual(failed, { type: 'failed', effect });
    }
    assert.deepEqual(reports, [], 'a broker that fails is expected');
  });

  it('reports an argument that can never work, and answers that nothing was done', async () => {
    const { source, reports } = setUp();
    const failed = await answer((done) =>
      source.publish('a', { data: 1, stateKey: 'k' }, { policy: log, done }),
    );
    assert.deepEqual(failed, { type: 'failed', effect: 'none' });
    assert.equal(reports.length, 1);
  });

  it('reports a callback that throws', async () => {
    const { source, reports } = setUp();
    source.publish(
      'a',
      { data: 1 },
      {
        policy: log,
        done() {
          throw new Error('callback');
        },
      },
    );
    await answer((done) => source.history('a', { type: 'forward', limit: 1 }, { policy: log, done }));
    await Promise.resolve();
    assert.equal(reports.length, 1);
  });

  it('leases, acknowledges and releases the entries of a mailbox', async () => {
    const { source } = setUp();
    for (const data of [1, 2])
      await answer((done) => source.publish('m', { data }, { policy: mailbox, done }));
    const lease = (consumer: string) =>
      answer<{ epoch: string; entries: readonly { attempt: number }[] }>((done) => {
        const request = { consumer, limit: 5, leaseMs: 1_000 };
        source.mailbox!.lease('m', request, { policy: mailbox, done: done as never });
      });
    const { epoch, entries } = await lease('c1');
    assert.deepEqual(
      entries.map(({ attempt }) => attempt),
      [1, 1],
    );
    source.mailbox!.acknowledge('m', { consumer: 'c1', epoch, offsets: [1] });
    source.mailbox!.release('m', 'c1');
    assert.deepEqual(
      (await lease('c2')).entries.map(({ attempt }) => attempt),
      [2],
    );
  });

  it('renews the lease of its node: told false only when it had run out', async () => {
    const { source, clock } = setUp();
    await answer((done) => source.presence!.put('r', { key: 'a', clock: 2, data: null }, done));
    const renew = () => answer<string>((done) => source.presence!.renew(done));
    clock.advance(900);
    assert.equal(await renew(), 'held');
    clock.advance(1_100);
    assert.equal(await renew(), 'began');
  });
});

describe('presence watch', () => {
  it('the snapshot is the broker’s map at its position, and changes follow without a hole', async () => {
    for (let round = 0; round < 10; round++) {
      let seed = round + 1;
      const random = () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      const { source, store } = setUp(
        (memory) => new SlowBroker({ store: () => memory, delay: someTurns(random) }),
      );
      const presence = store.presence;
      const lease = { node: 'n2', ttlMs: 1_000_000 };
      const history = new Map<number, readonly PresenceMember[]>();
      const step = async (count: number) => {
        const key = `k${String(count % 700).padStart(3, '0')}`;
        const { position } =
          count % 3 === 0
            ? await presence.leave('r', { key, clock: count, isServerMade: false })
            : await presence.put('r', { key, clock: count, data: count }, lease);
        if (count >= 1_100)
          history.set(position.offset, (await presence.read('r', { limit: 2_000 })).members);
      };
      for (let count = 1; count <= 1_100; count++) await step(count);
      const map = new PresenceMap();
      let [offset, last] = [0, Number.POSITIVE_INFINITY];
      const whole = answer<void>((done) => {
        source.presence!.watch('r', {
          onSnapshot: (members, position) => {
            assert.deepEqual(members, history.get(position.offset), `snapshot at ${position.offset}`);
            for (const member of members) map.put(member);
            offset = position.offset;
            if (offset >= last) done();
          },
          onChange: (change: PresenceChange) => {
            assert.equal(change.offset, ++offset);
            map.apply(change);
            if (offset >= last) done();
          },
          onLost: () => assert.fail('lost'),
        });
      });
      for (let count = 1_101; count <= 1_160; count++) {
        await step(count);
        await new Promise((resolve) => setImmediate(resolve));
      }
      last = Math.max(...history.keys());
      if (offset < last) await whole;
      assert.deepEqual(map.members(), history.get(last));
    }
  });

  it('closed while it opens, it calls nobody', async () => {
    const { source, store } = setUp(
      (memory) => new SlowBroker({ store: () => memory, delay: someTurns(() => 0.6) }),
    );
    const fail = () => assert.fail('nobody is there');
    source.presence!.watch('r', { onSnapshot: fail, onChange: fail, onLost: fail }).close();
    await store.presence.put('r', { key: 'a', clock: 1, data: 1 }, { node: 'n', ttlMs: 1_000 });
    await answer((done) => source.presence!.renew(done));
  });

  it('is lost when the broker is', async () => {
    const { source, store } = setUp();
    await answer<void>((done) => {
      source.presence!.watch('r', {
        onSnapshot: () => void store.close(),
        onChange: () => assert.fail(),
        onLost: () => done(),
      });
    });
    await answer<void>((done) => {
      source.presence!.watch('r', { onSnapshot: () => assert.fail(), onChange() {}, onLost: () => done() });
    });
  });
});
