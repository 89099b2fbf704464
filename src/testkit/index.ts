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
export { settlePromises, VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
