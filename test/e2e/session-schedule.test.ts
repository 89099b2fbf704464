import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Publication, resolveChannelPolicy } from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';
import { type Action, disturbed, numRuns, ordinary, pass, run } from './scheduled-actions.ts';
import { ScheduledClient, ScheduledWorld, type Subscribed } from './scheduled-world.ts';

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

  it('all that holds too when single messages are lost or come twice, and the broker fails', async () => {
    await fc.assert(property(1_000, disturbed), { numRuns });
    await fc.assert(property(3, disturbed), { numRuns });
  });
});
