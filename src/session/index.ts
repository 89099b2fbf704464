// The door of the session floor: packets, codecs and the two machines, without any I/O.

export { Backoff, type BackoffOptions, backoffDefaults } from './backoff.ts';
export { ClientCloseCode, type CloseVerdict, closeVerdict } from './client-close-code.ts';
export { asClientPacket } from './client-packet-shape.ts';
export { SessionCloseCode } from './close-code.ts';
export { jsonCodec } from './codec/json-codec.ts';
export { messagePackCodec } from './codec/messagepack-codec.ts';
export type { PacketCodec } from './codec/packet-codec.ts';
export { type ErrorBody, type ErrorCode, errorBody, errorRetry, type Retry } from './error-code.ts';
export { PacketError, RequestError } from './errors.ts';
export { maxAckOffsets, maxPacketDepth } from './fixed-limits.ts';
export { jsonLength } from './json-length.ts';
export {
  checkLimit,
  fitPart,
  resolveSessionLimits,
  type SessionLimits,
  type SessionTimes,
  sessionLimitDefaults,
  sessionTimeDefaults,
} from './limits.ts';
export { ChannelStream } from './machine/channel-stream.ts';
export { ChannelSubscription } from './machine/channel-subscription.ts';
export { ClientMachine } from './machine/client-machine.ts';
export {
  type ClientHost,
  type ClientMachineOptions,
  type ClientParts,
  type ClientState,
  type ClientTimes,
  clientTimeDefaults,
  type RequestResult,
  type ResumeState,
} from './machine/client-options.ts';
export type { ClientPart, PartMachine } from './machine/client-part.ts';
export { ClientPresence, type PresenceHandler } from './machine/client-presence.ts';
export {
  ClientSubscription,
  type ClientSubscriptionOptions,
  type ReceivedPublication,
  type SubscriptionHandler,
} from './machine/client-subscription.ts';
export type { MessageSink } from './machine/connection-output.ts';
export { type ConnectionParts, connectionParts } from './machine/connection-parts.ts';
export { DurableOutbox, type OutboxEntry, type OutboxJournal } from './machine/durable-outbox.ts';
export { EncodedPacket, type SharedMessage } from './machine/encoded-packet.ts';
export { Hub, type HubOptions } from './machine/hub.ts';
export type * from './machine/hub-port.ts';
export {
  Outbox,
  type OutboxLimits,
  type OutboxMachine,
  type PublishFields,
  type PublishResult,
} from './machine/outbox.ts';
export { PresenceDesk } from './machine/presence-desk.ts';
export { PublishLanes } from './machine/publish-lanes.ts';
export {
  type PacketPace,
  type PlainSubscription,
  ServerConnection,
  type ServerConnectionOptions,
} from './machine/server-connection.ts';
export { SessionRegistry, type SessionRegistryOptions } from './machine/session-registry.ts';
export { SubscriptionSet } from './machine/subscription-set.ts';
export type * from './packet.ts';
export { asServerPacket, isKey, isSubVerdict } from './server-packet-shape.ts';
export type { Transport, TransportHandler } from './transport.ts';
