// What goes wrong in a simulation: each fault is one thing that happens, and most of them heal after a while.

import { perfectLink } from '../memory-network.ts';
import type { Comeback } from './simulated-broker.ts';
import type { World } from './world.ts';

export type FaultName =
  | 'lossy links'
  | 'slow links'
  | 'cut'
  | 'half-open'
  | 'slow reader'
  | 'node crash'
  | 'node goes away'
  | 'broker crash'
  | 'broker emptied'
  | 'broker rolled back'
  | 'broker slow'
  | 'broker failing'
  | 'feeds silent'
  | 'sessions lost'
  | 'client frozen'
  | 'client reloaded'
  | 'right revoked'
  | 'clock jump';

interface Fault {
  readonly weight: number;
  /** Makes it happen. What it returns heals it again, some time later. */
  begin(world: World): (() => void) | undefined;
}

function crashBroker(world: World, comeback: Comeback): (() => void) | undefined {
  if (!world.broker.isUp) return undefined;
  world.broker.crash();
  return () => world.broker.restart(comeback);
}

const faults: Readonly<Record<FaultName, Fault>> = {
  'lossy links': {
    weight: 3,
    begin(world) {
      const { network, random } = world;
      world.hasBeenLossy = true;
      const rate = random.pick([0.02, 0.1]);
      network.conditions = { latencyMs: [1, 20], drop: rate, duplicate: rate, overtake: rate };
      return () => {
        network.conditions = { ...perfectLink };
      };
    },
  },
  'slow links': {
    weight: 2,
    begin({ network }) {
      network.conditions = { ...network.conditions, latencyMs: [20, 400] };
      return () => {
        network.conditions = { ...perfectLink };
      };
    },
  },
  cut: {
    weight: 6,
    begin({ network, random }) {
      const links = [...network.links];
      if (links.length > 0) random.pick(links).cut();
      return undefined;
    },
  },
  'half-open': {
    weight: 3,
    begin({ network, random }) {
      const links = [...network.links];
      if (links.length > 0) random.pick(links).isDead = true;
      return undefined;
    },
  },
  'slow reader': {
    weight: 3,
    begin({ network, random }) {
      const links = [...network.links];
      if (links.length === 0) return undefined;
      const { server } = random.pick(links);
      server.bytesPerSecond = random.pick([50, 500]);
      return () => {
        server.bytesPerSecond = Number.POSITIVE_INFINITY;
      };
    },
  },
  'node crash': {
    weight: 3,
    begin(world) {
      const node = world.random.pick(world.nodes);
      if (!node.isAlive) return undefined;
      world.crashNode(node);
      return () => {
        if (!node.isAlive) node.start();
      };
    },
  },
  'node goes away': {
    weight: 1,
    begin(world) {
      const node = world.random.pick(world.nodes);
      node.hub?.goAway(0, 500);
      return () => node.hub?.closeAll();
    },
  },
  'broker crash': { weight: 2, begin: (world) => crashBroker(world, 'intact') },
  'broker emptied': { weight: 1, begin: (world) => crashBroker(world, 'emptied') },
  'broker rolled back': { weight: 1.5, begin: (world) => crashBroker(world, 'rolled back') },
  'broker slow': {
    weight: 2,
    begin({ broker }) {
      broker.latencyMs = [20, 600];
      return () => {
        broker.latencyMs = [0.5, 3];
      };
    },
  },
  'broker failing': {
    weight: 2,
    begin({ broker }) {
      broker.failure = 0.3;
      return () => {
        broker.failure = 0;
      };
    },
  },
  'feeds silent': {
    weight: 2,
    begin({ broker }) {
      broker.silence();
      return undefined;
    },
  },
  'sessions lost': {
    weight: 0.5,
    begin({ sessions }) {
      sessions.clear();
      return undefined;
    },
  },
  'client frozen': {
    weight: 2,
    begin({ clients, random }) {
      const client = random.pick(clients);
      client.freeze();
      return () => client.thaw();
    },
  },
  'client reloaded': {
    weight: 2,
    begin({ clients, random }) {
      random.pick(clients).reload();
      return undefined;
    },
  },
  'right revoked': {
    weight: 0.5,
    begin(world) {
      const client = world.random.pick(world.clients);
      world.revoke(client.plan.name, world.random.pick(world.channels).name);
      return undefined;
    },
  },
  'clock jump': {
    weight: 0.5,
    begin({ clock, random }) {
      clock.jumpWallTime(random.integer(-3_600_000, 3_600_000));
      return undefined;
    },
  },
};

export const faultNames = Object.freeze(Object.keys(faults) as FaultName[]);

const names: readonly FaultName[] = faultNames;
const totalWeight = names.reduce((sum, name) => sum + faults[name].weight, 0);

/** Lets something go wrong. Returns what heals it. */
export function beginFault(world: World, allowed: ReadonlySet<FaultName>): (() => void) | undefined {
  let left = world.random.float() * totalWeight;
  const name = names.find((candidate) => {
    left -= faults[candidate].weight;
    return left < 0;
  });
  if (name === undefined || !allowed.has(name)) return undefined;
  world.trace.add('fault', name);
  const heal = faults[name].begin(world);
  if (heal === undefined) return undefined;
  return () => {
    world.trace.add('heal', name);
    heal();
  };
}
