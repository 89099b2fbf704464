// The door of the broker floor: the port that keeps channels, and its implementation in memory.

export type {
  Broker,
  BrokerSubscription,
  HistoryCursor,
  HistoryPage,
  HistoryQuery,
  LostReason,
  PublishAnswer,
  SubscriptionHandler,
} from './broker.ts';
export { type Clock, systemClock } from './clock.ts';
export { BrokerError, type BrokerErrorCode, type BrokerErrorOptions } from './errors.ts';
export { GuardedBroker, type GuardOptions } from './guard/guarded-broker.ts';
export { IpcBroker, type IpcBrokerOptions, ipcBrokerDefaults } from './ipc/ipc-broker.ts';
export { hostBroker, type IpcHosting, type IpcHostOptions, ipcHostDefaults } from './ipc/ipc-host.ts';
export { type IpcLink, type IpcLinkHandler, type IpcProcess, processLink } from './ipc/ipc-link.ts';
export type {
  MailboxAcknowledgement,
  MailboxBroker,
  MailboxEntry,
  MailboxLease,
  MailboxRequest,
} from './mailbox-broker.ts';
export { ChannelLog, type ChannelLogOptions, type Moment, type PublishStep } from './memory/channel-log.ts';
export type {
  ChannelParts,
  DedupeKeys,
  MailboxStore,
  Producers,
  PublicationStore,
  SequenceCheck,
} from './memory/channel-parts.ts';
export { memoryParts } from './memory/memory-parts.ts';
export { MemoryPresence, type MemoryPresenceOptions } from './memory/memory-presence.ts';
export {
  MemoryBroker,
  type MemoryBrokerLimits,
  type MemoryBrokerOptions,
  memoryBrokerDefaults,
} from './memory-broker.ts';
export type {
  NodeLease,
  PresenceAnswer,
  PresenceBroker,
  PresenceHandler,
  PresencePage,
  PresenceQuery,
  PresenceWatch,
} from './presence-broker.ts';
