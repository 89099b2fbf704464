// What may happen to a scheduled world: actions of clients and of the network, in any mixture.

import assert from 'node:assert/strict';
import type { Publication } from '../../src/channel/index.ts';
import type { PublishFields } from '../../src/session/index.ts';
import { fc } from '../fast-check.ts';
import type { Disturbance, ScheduledClient, ScheduledWorld } from './scheduled-world.ts';

export const channel = 'chat:1';

/** More by `RUNS=2000 node scripts/run-tests.mjs schedule`. */
export const numRuns = Number(process.env.RUNS ?? 100);

export type Action =
  | { readonly type: 'subscribe'; readonly client: number; readonly window: number | undefined }
  | { readonly type: 'unsubscribe' | 'cut'; readonly client: number }
  /** The key, and whether it is removed, count in a channel of class `state`. */
  | {
      readonly type: 'publish';
      readonly client: number;
      readonly stateKey: string;
      readonly removed: boolean;
    }
  | { readonly type: 'pass'; readonly ms: number }
  /** The node's way to the store breaks, or its next call fails before or after it took effect. */
  | { readonly type: 'break'; readonly what: 'way' | 'before' | 'after' }
  | { readonly type: 'disturb'; readonly client: number; readonly disturbance: Disturbance };

const client = fc.constantFrom(0, 1);
export const ordinary: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('subscribe' as const),
      client,
      window: fc.constantFrom(undefined, 1, 2, 5),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('unsubscribe' as const), client }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('publish' as const),
      client,
      stateKey: fc.constantFrom('a', 'b', 'c'),
      removed: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('cut' as const), client }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
  },
);

export const disturbed: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: ordinary },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('break' as const),
      what: fc.constantFrom('way', 'before', 'after'),
    }),
  },
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
export async function pass(
  world: ScheduledWorld,
  clients: readonly ScheduledClient[],
  ms: number,
): Promise<void> {
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

function fieldsOf(action: Action & { type: 'publish' }, index: number, world: ScheduledWorld): PublishFields {
  const { stateKey, removed } = action;
  if (world.policy.class !== 'state') return { data: `p${index}` };
  return removed ? { data: null, stateKey, removed } : { data: `p${index}`, stateKey };
}

/** Runs actions in a world until everything has come to rest. Returns what was really published, in order. */
export async function run(
  world: ScheduledWorld,
  clients: readonly ScheduledClient[],
  actions: readonly Action[],
) {
  const log: Publication[] = [];
  const subscription = await world.store.subscribe(channel, world.policy);
  subscription.start({ onPublication: (publication) => log.push(publication), onLost: () => assert.fail() });
  for (const [index, each] of actions.entries()) {
    switch (each.type) {
      case 'pass':
        await pass(world, clients, each.ms);
        break;
      case 'break':
        if (each.what === 'way') world.broker.cut();
        else world.broker.failNext(each.what);
        break;
      case 'subscribe':
        clients[each.client]!.subscribe(channel, each.window);
        break;
      case 'publish':
        clients[each.client]!.publish(channel, fieldsOf(each, index, world));
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
