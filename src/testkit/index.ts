// The door of the testkit floor: what the project tests itself with, for users to test with too.

export { settlePromises, VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
