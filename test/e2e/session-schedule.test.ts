import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Publication, resolveChannelPolicy } from '../../src/channel/index.ts';
import { ScheduledClient, ScheduledWorld, type Subscribed } from './scheduled-world.ts';

const channel = 'chat:1';

type Action =
  | { readonly type: 'subscribe'; readonly client: number; readonly window: number | undefined }
  | { readonly type: 'unsubscribe' | 'publish' | 'cut'; readonly client: number }
  | { readonly type: 'pass'; readonly ms: number };

const client = fc.constantFrom(0, 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('subscribe' as const),
      client,
      window: fc.constantFrom(undefined, 1, 2, 5),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('unsubscribe' as const), client }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('publish' as const), client }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('cut' as const), client }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
  },
);

/** Passes time for everybody, timer by timer, with everything that follows in between. */
async function pass(world: ScheduledWorld, clients: readonly ScheduledClient[], ms: number): Promise<void> {
  const until = world.now + ms;
  for (;;) {
    const due = [world.hub.nextTimeout(), ...clients.map(({ machine }) => machine.nextTimeout())];
    const next = Math.min(...due.map((at) => at ?? Number.POSITIVE_INFINITY));
    if (next > until) break;
    world.clock.advance(Math.max(0, next - world.now));
    world.hub.handleTimeout(world.now);
    for (const { machine } of clients) machine.handleTimeout(world.now);
    await world.go();
  }
  world.clock.advance(until - world.now);
}

/** One subscription of a log, from its first position on, against what was really published. */
function checkStream(
  { told }: Subscribed,
  log: readonly Publication[],
  mayHaveGaps: boolean,
): number | undefined {
  let offset: number | undefined;
  let hasEnded = false;
  for (const each of told) {
    assert.ok(!hasEnded, 'nothing is told after the end');
    switch (each.type) {
      case 'end':
        hasEnded = true;
        break;
      case 'at':
        if (offset !== undefined) assert.equal(each.position.offset, offset, 'it goes on where it was');
        offset = each.position.offset;
        break;
      case 'gap':
        assert.ok(mayHaveGaps, `nothing was lost, but a gap was told: ${each.reason}`);
        offset = each.position.offset;
        break;
      case 'publication':
        assert.equal(each.position.offset, offset! + 1, 'in order, each once, without a hole');
        offset = each.position.offset;
        assert.equal(each.data, log[offset - 1]?.data, 'what was published at this place');
        break;
      default:
        each satisfies never;
    }
  }
  return hasEnded ? undefined : (offset ?? -1);
}

function property(maxCount: number) {
  const mayHaveGaps = maxCount < 100;
  return fc.asyncProperty(fc.scheduler(), fc.array(action, { maxLength: 25 }), async (scheduler, actions) => {
    const policy = resolveChannelPolicy({ class: 'log', history: { maxCount, maxAgeMs: 10_000_000 } });
    const world = new ScheduledWorld(scheduler, policy);
    const log: Publication[] = [];
    (await world.store.subscribe(channel, policy)).start({
      onPublication: (publication) => log.push(publication),
      onLost: () => assert.fail(),
    });
    const clients = [new ScheduledClient(world, 'ann'), new ScheduledClient(world, 'bob')];
    let published = 0;
    for (const each of actions) {
      if (each.type === 'pass') await pass(world, clients, each.ms);
      else if (each.type === 'subscribe') clients[each.client]!.subscribe(channel, each.window);
      else if (each.type === 'publish') clients[each.client]!.publish(channel, `p${++published}`);
      else clients[each.client]![each.type]();
      // Some steps of what is under way happen before the next action, others after it.
      await world.go(published % 4);
    }
    await pass(world, clients, 60_000);

    for (const each of clients) {
      assert.equal(each.machine.state, 'open', 'connected again when nothing fails any more');
      for (const result of each.results) assert.equal(result?.error, undefined, JSON.stringify(result));
      assert.ok(
        each.results.every((result) => result !== undefined),
        'every publish is answered',
      );
      for (const subscribed of each.subscriptions) {
        const reached = checkStream(subscribed, log, mayHaveGaps);
        if (reached !== undefined) assert.equal(reached, log.length, 'everybody has come to the end');
      }
    }
    assert.equal(new Set(log.map(({ data }) => data)).size, published, 'each is there');
    assert.equal(log.length, published, 'and there once');
    const results = clients.flatMap(({ results }) => results);
    for (const result of results) {
      if (result?.error === undefined)
        assert.ok(log[result!.position.offset - 1], 'an acknowledgement names its place');
    }
    assert.deepEqual(world.reports, []);
  });
}

describe('two clients and one channel, in every order that the scheduler finds', () => {
  it('nothing is lost, doubled or disordered, and no gap is told while history is long', async () => {
    await fc.assert(property(1_000), { numRuns: 300 });
  });

  it('with a history of three, what is missed is told before anything else', async () => {
    await fc.assert(property(3), { numRuns: 300 });
  });
});
