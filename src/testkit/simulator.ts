// Runs clients, nodes and a broker under faults on virtual time, and judges what they did: one seed, one run.

import type { ReceivedPublication } from '../session/index.ts';
import { perfectLink } from './memory-network.ts';
import type { Violation } from './simulator/checker.ts';
import { beginFault, type FaultName, faultNames } from './simulator/faults.ts';
import type { SimulatedClient } from './simulator/simulated-client.ts';
import { type SimulationParts, World } from './simulator/world.ts';

export interface SimulationOptions {
  /** A whole number from 0. The same seed gives the same run, event for event. */
  readonly seed: number;
  /** Keeps what happened as lines of text.
   * @default false */
  readonly trace?: boolean;
  /** How long things go wrong, in virtual milliseconds.
   * @default 4_000 */
  readonly faultyMs?: number;
  /** How long everything may then take to be live again, in virtual milliseconds.
   * @default 60_000 */
  readonly recoveryMs?: number;
  /** What may go wrong.
   * @default all of `faultNames` */
  readonly faults?: readonly FaultName[];
  /** Replaces parts of the machines: to see that the simulator catches a fault of theirs. */
  readonly parts?: SimulationParts;
  /** Called with each publication that reaches a handler, for what you want to check yourself. What it throws fails the run. */
  onDelivery?(client: string, channel: string, publication: ReceivedPublication): void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** The same for the same seed and version. */
  readonly traceHash: string;
  /** Empty unless asked for. */
  readonly trace: readonly string[];
  readonly deliveries: number;
  readonly gaps: number;
  readonly events: number;
  /** Virtual milliseconds from the last fault until everything was live. */
  readonly recoveredInMs: number;
}

const stepMs = 100;

/** Runs one seed. Never throws for what the machines do: an exception of theirs is a violation. */
export function simulate(options: SimulationOptions): SimulationResult {
  const { seed, trace = false, parts = {}, onDelivery } = options;
  const world = new World({ seed, keepTrace: trace, parts, ...(onDelivery && { onDelivery }) });
  let recoveredInMs = 0;
  try {
    start(world);
    live(world, options.faultyMs ?? 4_000, new Set(options.faults ?? faultNames));
    recoveredInMs = recover(world, options.recoveryMs ?? 60_000);
    world.checker.checkLedger();
    if (world.checker.violations.length === 0) rest(world);
  } catch (error) {
    world.checker.violate('crash', String((error as Error).stack ?? error));
  }
  const { checker } = world;
  for (const { rule, message } of checker.violations) world.trace.add('WRONG', `${rule}: ${message}`);
  return {
    seed,
    violations: checker.violations,
    traceHash: world.trace.hash,
    trace: world.trace.lines,
    deliveries: checker.deliveries,
    gaps: checker.gaps,
    events: world.trace.events,
    recoveredInMs,
  };
}

function start(world: World): void {
  const { random } = world;
  for (const client of world.clients) {
    for (const channel of world.channels) if (random.chance(0.8)) client.subscribe(channel);
    if (random.chance(0.4)) client.enter('chat:a');
    if (random.chance(0.4)) client.watch('chat:a');
    client.connect();
  }
}

/** Everybody does as they like while things go wrong. */
function live(world: World, forMs: number, allowed: ReadonlySet<FaultName>): void {
  const { clock, random } = world;
  const until = clock.now() + forMs;
  const healing = new Set<() => void>();
  const act = (client: SimulatedClient): void => {
    if (clock.now() >= until) return;
    actOnce(world, client);
    clock.setTimer(() => act(client), 20 + random.float() * 350);
  };
  for (const client of world.clients) act(client);
  const fail = (): void => {
    if (clock.now() >= until) return;
    const heal = beginFault(world, allowed);
    if (heal !== undefined) {
      healing.add(heal);
      clock.setTimer(
        () => {
          if (healing.delete(heal)) heal();
        },
        100 + random.float() * 3_000,
      );
    }
    clock.setTimer(fail, 100 + random.float() * 1_200);
  };
  clock.setTimer(fail, random.float() * 1_000);
  clock.advance(forMs);
  for (const heal of healing) heal();
  healing.clear();
}

function actOnce(world: World, client: SimulatedClient): void {
  const { random } = world;
  const channel = random.pick(world.channels);
  const roll = random.float();
  if (roll < 0.75) {
    const count = random.chance(0.15) ? random.integer(2, 12) : 1;
    for (let index = 0; index < count; index++) client.publish(channel);
  } else if (roll < 0.83) {
    client.unsubscribe(channel.name);
    if (random.chance(0.7)) client.subscribe(channel);
  } else if (roll < 0.9) client.subscribe(channel);
  else if (roll < 0.93) client.enter('chat:a');
  else if (roll < 0.95) client.leave('chat:a');
  else if (roll < 0.97) client.wake();
}

/** Everything works again: how long until everybody is live? */
function recover(world: World, withinMs: number): number {
  const { clock, network, broker, checker } = world;
  network.conditions = { ...perfectLink };
  broker.failure = 0;
  broker.latencyMs = [0.5, 3];
  if (!broker.isUp) broker.restart('intact');
  for (const node of world.nodes) if (!node.isAlive) node.start();
  for (const client of world.clients) client.thaw();
  world.trace.add('faults', 'over');
  const from = clock.now();
  while (clock.now() - from < withinMs) {
    if (findUnsettled(world) === undefined) return clock.now() - from;
    clock.advance(stepMs);
  }
  const unsettled = findUnsettled(world);
  if (unsettled !== undefined) checker.violate('liveness', `after ${withinMs} ms: ${unsettled}`);
  return withinMs;
}

/** Who is not live yet, and why; `undefined`: everybody is. */
function findUnsettled(world: World): string | undefined {
  for (const client of world.clients) {
    const { name } = client.plan;
    if (client.state !== 'open') return `${name} is ${client.state}`;
    if (client.unanswered > 0) return `${name} has ${client.unanswered} publications without an answer`;
    for (const [channel, { subscription, reader }] of client.readings) {
      if (!subscription.isActive) return `${name} is not subscribed to ${channel}`;
      const missing = reader.findMissing();
      if (missing !== undefined) return `${name} on ${channel}: ${missing}`;
    }
    if (client.unfinished > 0) return `${name} still handles`;
  }
  return findWrongPresence(world) ?? world.findUnhandled();
}

function findWrongPresence({ clients, broker }: World): string | undefined {
  const expected = clients
    .flatMap((client) => {
      const data = client.present.get('chat:a');
      return data === undefined ? [] : [`${client.plan.name} ${data}`];
    })
    .sort()
    .join();
  const shown = (
    members: readonly { readonly key: string; readonly data: unknown; readonly away?: true }[],
  ) =>
    members
      .map(({ key, data, away }) => `${key.split('/')[0]} ${String(data)}${away === true ? ' away' : ''}`)
      .sort()
      .join();
  const known = shown(broker.members('chat:a'));
  if (known !== expected) return `presence is ${known}, not ${expected}`;
  for (const client of clients) {
    const seen = client.seen.get('chat:a');
    if (seen !== undefined && shown(seen) !== expected) {
      return `${client.plan.name} sees ${shown(seen)}, not ${expected}`;
    }
  }
  return undefined;
}

/** Everybody goes home: nothing may be left behind. */
function rest(world: World): void {
  const { clock, checker, broker, network, sessions } = world;
  for (const client of world.clients) client.bye();
  clock.advance(60_000);
  for (const client of world.clients) {
    if (client.nextTimeout !== undefined)
      checker.violate('R', `${client.plan.name} still waits for a timeout`);
  }
  for (const { name, hub } of world.nodes) {
    if (hub === undefined) continue;
    if (hub.connections.size > 0)
      checker.violate('R', `${name} still has ${hub.connections.size} connections`);
    if (hub.openStreams > 0) checker.violate('R', `${name} still listens to ${hub.openStreams} channels`);
    if (hub.nextTimeout() !== undefined) checker.violate('R', `${name} still waits for a timeout`);
  }
  if (broker.openFeeds > 0) checker.violate('R', `the broker still has ${broker.openFeeds} subscriptions`);
  if (broker.members('chat:a').length > 0) checker.violate('R', 'members are still present');
  if (network.links.size > 0) checker.violate('R', `${network.links.size} links are still open`);
  sessions.expire();
  if (sessions.size > 0) checker.violate('R', `${sessions.size} sessions are still kept`);
}
