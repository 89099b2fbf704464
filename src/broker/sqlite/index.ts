// The door of the broker on a file: what is acknowledged is on disk.

export { type DriverName, driverNames } from './driver.ts';
export { SqliteBroker, type SqliteBrokerOptions, sqliteBrokerDefaults } from './sqlite-broker.ts';
export type { StoreOpening } from './store-call.ts';
