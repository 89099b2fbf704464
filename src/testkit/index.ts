// The door of the testkit floor: what the project tests itself with, for users to test with too.

export {
  type BrokerCase,
  type BrokerHarness,
  type BrokerWorld,
  brokerCases,
  describeBrokerContract,
  runBrokerCase,
  type WorldPower,
} from './broker-contract.ts';
export { FaultRelay, type FaultRelayOptions, type RelayLink, type RelayWay } from './fault-relay.ts';
export {
  type LinkConditions,
  MemoryLink,
  MemoryNetwork,
  type MemoryNetworkOptions,
  MemoryTransport,
  perfectLink,
} from './memory-network.ts';
export type { Rule, Violation } from './simulator/checker.ts';
export { type FaultName, faultNames } from './simulator/faults.ts';
export { SeededRandom } from './simulator/seeded-random.ts';
export type { SimulationParts } from './simulator/world.ts';
export { type SimulationOptions, type SimulationResult, simulate } from './simulator.ts';
export { settlePromises, VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
