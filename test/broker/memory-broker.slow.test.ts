import { type Broker, MemoryBroker } from '../../src/broker/index.ts';
import { describeBrokerContract } from '../../src/testkit/broker-contract.ts';
import { VirtualClock } from '../../src/testkit/virtual-clock.ts';
import { SlowBroker, someTurns } from './slow-broker.ts';

// The contract is written for brokers over a network: one that is slow, asynchronous and fails on demand keeps it too.
for (const seed of [1, 2, 3]) {
  describeBrokerContract({
    name: `a slow and failing broker (seed ${seed})`,
    unitMs: 1_000,
    async open() {
      const clock = new VirtualClock();
      const delay = someTurns(lehmer(seed));
      let store: Broker = new MemoryBroker({ clock });
      return {
        connect: async () => new SlowBroker({ store: () => store, delay }),
        advance: (byMs) => clock.advanceAsync(byMs),
        async loseStore() {
          const lost = store;
          store = new MemoryBroker({ clock });
          await lost.close();
        },
        failNext: (node, when) => (node as SlowBroker).failNext(when),
        disturb: async (node) => (node as SlowBroker).cut(),
        close: () => store.close(),
      };
    },
  });
}

/** A small generator of numbers from 0 up to 1 (Lehmer's, modulus 2³¹ − 1). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
