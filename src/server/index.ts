// The door of the server floor.

export { BrokerSource, type BrokerSourceOptions } from './hub/broker-source.ts';
