import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Publication, resolveChannelPolicy } from '../../src/channel/index.ts';
import { type Disturbance, ScheduledClient, ScheduledWorld, type Subscribed } from './scheduled-world.ts';

const channel = 'chat:1';

/** More by `RUNS=2000 node scripts/run-tests.mjs session-schedule`. */
const numRuns = Number(process.env.RUNS ?? 100);

type Action =
  | { readonly type: 'subscribe'; readonly client: number; readonly window: number | undefined }
  | { readonly type: 'unsubscribe' | 'publish' | 'cut'; readonly client: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'disturb'; readonly client: number; readonly disturbance: Disturbance };

const client = fc.constantFrom(0, 1);
const ordinary: fc.Arbitrary<Action> = fc.oneof(
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

const disturbed: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: ordinary },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('disturb' as const),
      client,
      disturbance: fc.record({
        way: fc.constantFrom('to server', 'to client'),
        what: fc.constantFrom('lose', 'repeat'),
      }),
    }),
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

/** An acknowledgement names the place; what has none is there at most once. */
function checkPublished(
  { published }: ScheduledClient,
  log: readonly Publication[],
  mayBeUnknown: boolean,
): void {
  for (const { data, result } of published) {
    assert.ok(result !== undefined, `${data} is answered`);
    if (result.error === undefined) assert.equal(log[result.position.offset - 1]?.data, data);
    else assert.ok(mayBeUnknown && result.error.code === 'producer_expired', JSON.stringify(result));
  }
}

/** Runs actions in a world until everything has come to rest. Returns what was really published, in order. */
async function run(world: ScheduledWorld, clients: readonly ScheduledClient[], actions: readonly Action[]) {
  const log: Publication[] = [];
  const subscription = await world.store.subscribe(channel, world.policy);
  subscription.start({ onPublication: (publication) => log.push(publication), onLost: () => assert.fail() });
  for (const [index, each] of actions.entries()) {
    switch (each.type) {
      case 'pass':
        await pass(world, clients, each.ms);
        break;
      case 'subscribe':
        clients[each.client]!.subscribe(channel, each.window);
        break;
      case 'publish':
        clients[each.client]!.publish(channel, `p${index}`);
        break;
      case 'disturb':
        clients[each.client]!.disturb(each.disturbance);
        break;
      default:
        clients[each.client]![each.type]();
    }
    // Some steps of what is under way happen before the next action, others after it.
    await world.go(index % 4);
  }
  await pass(world, clients, 60_000);
  return log;
}

function property(maxCount: number, action: fc.Arbitrary<Action>) {
  const mayHaveGaps = maxCount < 100;
  const mayBeUnknown = action === disturbed;
  return fc.asyncProperty(fc.scheduler(), fc.array(action, { maxLength: 25 }), async (scheduler, actions) => {
    const policy = resolveChannelPolicy({ class: 'log', history: { maxCount, maxAgeMs: 10_000_000 } });
    const world = new ScheduledWorld(scheduler, policy);
    const clients = [new ScheduledClient(world, 'ann'), new ScheduledClient(world, 'bob')];
    const log = await run(world, clients, actions);

    assert.equal(new Set(log.map(({ data }) => data)).size, log.length, 'nothing is there twice');
    for (const each of clients) {
      assert.equal(each.machine.state, 'open', 'connected again when nothing fails any more');
      checkPublished(each, log, mayBeUnknown);
      for (const subscribed of each.subscriptions) {
        const reached = checkStream(subscribed, log, mayHaveGaps);
        if (reached !== undefined) assert.equal(reached, log.length, 'everybody has come to the end');
      }
    }
    for (const { machine } of clients) machine.bye(world.now);
    await pass(world, clients, 1_000);
    const { hub, broker, reports } = world;
    assert.deepEqual([hub.connections.size, hub.openStreams, broker.openDeliveries], [0, 0, 0], 'at rest');
    assert.deepEqual(reports, []);
  });
}

describe('two clients and one channel, in every order that the scheduler finds', () => {
  it('nothing is lost, doubled or disordered, and no gap is told while history is long', async () => {
    await fc.assert(property(1_000, ordinary), { numRuns });
  });

  it('with a history of three, what is missed is told before anything else', async () => {
    await fc.assert(property(3, ordinary), { numRuns });
  });

  it('all that holds too when single messages are lost, or come twice', async () => {
    await fc.assert(property(1_000, disturbed), { numRuns });
    await fc.assert(property(3, disturbed), { numRuns });
  });
});
