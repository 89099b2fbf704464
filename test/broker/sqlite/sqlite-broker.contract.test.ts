// The contract of brokers, kept by one that has a file: as it is, and with the file closed and opened between calls.

import { rmSync } from 'node:fs';
import type { Broker } from '../../../src/broker/index.ts';
import { SqliteBroker } from '../../../src/broker/sqlite/index.ts';
import { describeBrokerContract } from '../../../src/testkit/broker-contract.ts';
import { VirtualClock } from '../../../src/testkit/virtual-clock.ts';
import { ReopeningBroker } from './reopening-broker.ts';
import { temporaryStore } from './temporary-store.ts';

describeBrokerContract({
  name: 'SqliteBroker',
  unitMs: 1_000,
  async open() {
    const clock = new VirtualClock();
    const { path, remove } = temporaryStore();
    let broker = await SqliteBroker.open({ path, clock });
    return {
      connect: async () => broker,
      advance: async (byMs) => clock.advance(byMs),
      async loseStore() {
        await broker.close();
        rmSync(path);
        broker = await SqliteBroker.open({ path, clock });
      },
      async close() {
        await broker.close();
        remove();
      },
    };
  },
  async openSmall() {
    const clock = new VirtualClock();
    const { path, remove } = temporaryStore();
    const broker = await SqliteBroker.open({ path, clock, maxChannels: 3, maxMembers: 3 });
    return {
      connect: async () => broker,
      advance: async (byMs) => clock.advance(byMs),
      async close() {
        await broker.close();
        remove();
      },
    };
  },
});

describeBrokerContract({
  name: 'SqliteBroker, closed and opened between calls,',
  unitMs: 1_000,
  async open() {
    const clock = new VirtualClock();
    const { path, remove } = temporaryStore();
    const broker = new ReopeningBroker(await SqliteBroker.open({ path, clock }), () =>
      SqliteBroker.open({ path, clock }),
    );
    return {
      connect: async (): Promise<Broker> => broker,
      advance: async (byMs) => clock.advance(byMs),
      async close() {
        await broker.close();
        remove();
      },
    };
  },
});
