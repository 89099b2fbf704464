import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Broker, GuardedBroker, MemoryBroker } from '../../../src/broker/index.ts';
import { resolveChannelPolicy } from '../../../src/channel/index.ts';
import { describeBrokerContract } from '../../../src/testkit/broker-contract.ts';
import { settlePromises, VirtualClock } from '../../../src/testkit/virtual-clock.ts';

const log = resolveChannelPolicy({ class: 'log' });
const state = resolveChannelPolicy({ class: 'state' });
const mailboxPolicy = resolveChannelPolicy({ class: 'mailbox' });
const lease = { node: 'n', ttlMs: 1_000 };
const position = { epoch: 'e', offset: 1 };
const kept = { epoch: 'e', horizon: 0, head: 9 };
const publication = { offset: 1, data: 1, publishedAt: 1 };
const page = { type: 'page', publications: [], kept, next: position, more: false };
const member = { key: 'ann/1', clock: 1, data: null };

describeBrokerContract({
  name: 'a guarded broker',
  unitMs: 1_000,
  async open() {
    const clock = new VirtualClock();
    let store = new MemoryBroker({ clock });
    const onFault = (what: string): void => assert.fail(`a sound broker was found at fault: ${what}`);
    return {
      connect: async () => new GuardedBroker(store, { clock, callMs: 10_000, onFault }),
      advance: (byMs) => clock.advanceAsync(byMs),
      async loseStore() {
        await store.close();
        store = new MemoryBroker({ clock });
      },
      close: () => store.close(),
    };
  },
});

/** A broker that answers each call with what the test says: a value, or a function of the arguments. */
function guarded(answers: Readonly<Record<string, unknown>>) {
  const clock = new VirtualClock();
  const faults: string[] = [];
  const callable = new Proxy(
    {},
    {
      get: (_target, name) => async (argument: unknown) => {
        const answer = answers[String(name)];
        return typeof answer === 'function' ? answer(argument) : answer;
      },
    },
  );
  const hostile = new Proxy(callable, {
    get: (target, name) => {
      if (name === 'presence' || name === 'mailbox') return callable;
      return name === 'durability' ? 'memory' : Reflect.get(target, name);
    },
  }) as Broker;
  const broker = new GuardedBroker(hostile, { clock, callMs: 5_000, onFault: (what) => faults.push(what) });
  return { broker, clock, faults };
}

const calls: Readonly<Record<string, (broker: Broker) => Promise<unknown>>> = {
  publish: (broker) => broker.publish('a', { data: 1 }, log),
  history: (broker) => broker.history('a', { type: 'forward', limit: 2 }, log),
  subscribe: (broker) => broker.subscribe('a', log),
  put: (broker) => broker.presence!.put('a', member, lease),
  leave: (broker) => broker.presence!.leave('a', { key: 'k', clock: 1, isServerMade: false }),
  renewLease: (broker) => broker.presence!.renewLease(lease),
  read: (broker) => broker.presence!.read('a', { limit: 2, afterKey: 'b' }),
  watch: (broker) => broker.presence!.watch('a'),
  lease: (broker) => broker.mailbox!.lease('a', { consumer: 'c', limit: 1, leaseMs: 1 }, mailboxPolicy),
  acknowledge: (broker) => broker.mailbox!.acknowledge('a', { consumer: 'c', epoch: 'e', offsets: [1] }),
};

const never = [undefined, null, 7, 'text', [], {}, { type: 'page' }];
const bad: Readonly<Record<string, readonly unknown[]>> = {
  publish: [
    { type: 'accepted', position, duplicate: 1 },
    { type: 'accepted', position: { epoch: '', offset: 1 }, duplicate: false },
    { type: 'accepted', position: { epoch: 'e', offset: -1 }, duplicate: false },
    { type: 'refused', reason: 'seq_gap' },
    { type: 'refused', reason: 'constructor' },
  ],
  history: [
    { ...page, kept: { ...kept, head: '9' } },
    { ...page, next: { epoch: 'e', offset: Number.NaN } },
    { ...page, more: true },
    { ...page, publications: [{ ...publication, offset: 0 }] },
    { ...page, publications: [{ ...publication, stateKey: 'k' }] },
    { ...page, publications: [{ ...publication, publishedAt: -1 }] },
    { ...page, publications: [{ ...publication, publisher: 7 }] },
    { ...page, publications: [{ offset: 1, publishedAt: 1 }] },
    { ...page, publications: [{ ...publication, data: new Map() }] },
    { ...page, publications: [{ ...publication, data: 7n }] },
    { ...page, publications: [publication, publication] },
    { ...page, publications: [1, 2, 3].map((offset) => ({ ...publication, offset })) },
    { type: 'gap', reason: 'policy', kept },
  ],
  subscribe: [{ position: { epoch: 'e e', offset: 1 } }],
  put: [
    { applied: 1, position },
    { applied: true, position, leaseBegan: false },
  ],
  leave: [{ applied: true }],
  renewLease: [{}],
  read: [
    { members: [], position, count: 0, more: true },
    { members: [{ ...member, key: 'a' }], position, count: 1, more: false },
    {
      members: [
        { ...member, key: 'd' },
        { ...member, key: 'c' },
      ],
      position,
      count: 2,
      more: false,
    },
    { members: [{ ...member, key: 'c', clock: 1.5 }], position, count: 1, more: false },
    { members: [{ ...member, key: 'c', away: 1 }], position, count: 1, more: false },
    { members: [{ ...member, key: 'c', data: () => 1 }], position, count: 1, more: false },
  ],
  watch: [{ position: null }],
  lease: [
    { epoch: 'e', entries: [{ publication, attempt: 0.5 }] },
    {
      epoch: 'e',
      entries: [
        { publication, attempt: 1 },
        { publication, attempt: 1 },
      ],
    },
    { epoch: 'e', entries: [], nextInMs: -1 },
  ],
  acknowledge: [[1, 'two']],
};

describe('a guarded broker that is lied to', () => {
  for (const [name, call] of Object.entries(calls)) {
    it(`drops and counts answers to ${name} that cannot be`, async () => {
      const answers = [...never, ...(bad[name] ?? [])].filter(
        (answer) => !(name === 'acknowledge' && Array.isArray(answer) && answer.length === 0),
      );
      for (const answer of answers) {
        const { broker, faults } = guarded({ [name]: answer });
        await assert.rejects(call(broker), { code: 'BROKER_DAMAGED', effect: 'unknown' }, String(answer));
        assert.deepEqual(faults, [name]);
      }
    });

    it(`gives a call of ${name} up that is not answered, and forgets an answer that comes too late`, async () => {
      let answer: (value: unknown) => void = () => {};
      let closed = 0;
      const { broker, clock, faults } = guarded({
        [name]: () =>
          new Promise((resolve) => {
            answer = resolve;
          }),
      });
      const outcome = call(broker).then(
        () => 'answered',
        ({ code, effect }) => [code, effect],
      );
      await settlePromises();
      clock.advance(4_999);
      clock.advance(1);
      assert.deepEqual(await outcome, ['BROKER_TIMEOUT', 'unknown']);
      answer({ position, close: () => closed++ });
      await settlePromises();
      assert.equal(closed, name === 'subscribe' || name === 'watch' ? 1 : 0);
      assert.deepEqual([faults, clock.pendingTimers], [[], 0]);
    });

    it(`rejects a call of ${name} that throws at once`, async () => {
      const { broker } = guarded({
        [name]: () => {
          throw new Error('at once');
        },
      });
      await assert.rejects(call(broker), /at once/);
    });
  }

  for (const [item, policy] of [
    [undefined, log],
    [null, log],
    [{ ...publication, data: undefined }, log],
    [{ ...publication, stateKey: 'k' }, log],
    [{ ...publication }, state],
    [{ ...publication, stateKey: 'k', removed: false }, state],
  ] as const) {
    it(`ends a subscription at an item that cannot be: ${JSON.stringify(Object.keys(item ?? {}))}`, async () => {
      let deliver: (item: unknown) => void = () => {};
      let closed = 0;
      const { broker, faults } = guarded({
        subscribe: () => ({
          position,
          start: (handler: { onPublication(item: unknown): void }) => {
            deliver = (given) => handler.onPublication(given);
          },
          close: () => closed++,
        }),
      });
      const heard: unknown[] = [];
      const subscription = await broker.subscribe('a', policy);
      subscription.start({ onPublication: (given) => heard.push(given), onLost: (why) => heard.push(why) });
      deliver(item);
      deliver(publication);
      assert.deepEqual([heard, closed, faults], [['unavailable'], 1, ['item']]);
    });
  }

  it('ends a watch at a change that cannot be', async () => {
    for (const change of [
      { type: 'put', offset: 2, member: { ...member, key: '' } },
      { type: 'leave', offset: 2, leave: { key: 'k', clock: 1 } },
      { type: 'move', offset: 2 },
    ]) {
      const heard: unknown[] = [];
      const { broker, faults } = guarded({
        watch: () => ({
          position,
          start: (handler: { onChange(item: unknown): void }) => handler.onChange(change),
          close: () => undefined,
        }),
      });
      const watch = await broker.presence!.watch('a');
      watch.start({ onChange: (given) => heard.push(given), onLost: (why) => heard.push(why) });
      assert.deepEqual([heard, faults], [['unavailable'], ['item']]);
    }
  });
});
