import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PlainData, type Publication, resolveChannelPolicy } from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';
import { type Action, disturbed, numRuns, ordinary, pass, run } from './scheduled-actions.ts';
import { ScheduledClient, ScheduledWorld, type Subscribed } from './scheduled-world.ts';

type Values = Map<string, PlainData>;

function apply(
  values: Values,
  { stateKey, data, removed }: Pick<Publication, 'stateKey' | 'data' | 'removed'>,
): void {
  if (removed === true) values.delete(stateKey!);
  else values.set(stateKey!, data);
}

/** The values as this subscription knows them; `undefined` once it has ended. Each publication is what was published. */
function valuesOf({ told }: Subscribed, log: readonly Publication[]): Values | undefined {
  let values: Values = new Map();
  let offset = 0;
  let hasEnded = false;
  for (const each of told) {
    assert.ok(!hasEnded, 'nothing is told after the end');
    switch (each.type) {
      case 'end':
        hasEnded = true;
        break;
      case 'gap':
        values = new Map();
        offset = each.position.offset;
        break;
      case 'at':
        break;
      case 'publication': {
        assert.ok(each.position.offset > offset, 'in order, each once');
        offset = each.position.offset;
        const { data, stateKey } = log[offset - 1]!;
        assert.deepEqual([each.data, each.stateKey], [data, stateKey]);
        apply(values, each);
        break;
      }
      default:
        each satisfies never;
    }
  }
  return hasEnded ? undefined : values;
}

function property(maxAgeMs: number, action: fc.Arbitrary<Action>) {
  return fc.asyncProperty(fc.scheduler(), fc.array(action, { maxLength: 25 }), async (scheduler, actions) => {
    const policy = resolveChannelPolicy({ class: 'state', history: { maxCount: 10, maxAgeMs } });
    const world = new ScheduledWorld(scheduler, policy);
    const clients = [new ScheduledClient(world, 'ann'), new ScheduledClient(world, 'bob')];
    const log = await run(world, clients, actions);
    const values: Values = new Map();
    for (const publication of log) apply(values, publication);

    for (const { machine, subscriptions } of clients) {
      assert.equal(machine.state, 'open');
      for (const subscribed of subscriptions) {
        const known = valuesOf(subscribed, log);
        if (known !== undefined) assert.deepEqual(known, values, 'everybody knows the present values');
      }
      machine.bye(world.now);
    }
    await pass(world, clients, 1_000);
    assert.deepEqual(world.reports, []);
  });
}

describe('two clients and one channel of state, in every order that the scheduler finds', () => {
  it('everybody ends with the latest of each key, conflated or not', async () => {
    await fc.assert(property(10_000_000, ordinary), { numRuns });
  });

  it('also when it is soon forgotten that a key was removed', async () => {
    await fc.assert(property(1, ordinary), { numRuns });
  });

  it('also when single messages are lost or come twice, and the broker fails', async () => {
    await fc.assert(property(10_000_000, disturbed), { numRuns });
    await fc.assert(property(1, disturbed), { numRuns });
  });
});
