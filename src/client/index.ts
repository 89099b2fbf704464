// The door of the client floor: one connection that stays, and typed channels on it; in browsers and Node.

export { UsageError } from '../channel/index.ts';
export {
  type ErrorBody,
  jsonCodec,
  messagePackCodec,
  type OutboxEntry,
  type PacketCodec,
  RequestError,
  type ResumeState,
} from '../session/index.ts';
export type { Channel, PublishOptions } from './channel/channel.ts';
export { type HistoryPage, type HistoryQuery, history } from './channel/history.ts';
export { type MessageStream, messages } from './channel/message-stream.ts';
export { type ChannelPresence, type Member, type MemberList, presence } from './channel/presence.ts';
export type { MessageHandler, SubscribeOptions, Subscription } from './channel/subscription.ts';
export { type ClientLimits, clientLimitDefaults } from './client-limits.ts';
export type {
  ClientOptions,
  TokenSource,
} from './client-options.ts';
export type { ClientStatus, ConnectionState, StatusReason } from './client-status.ts';
export type {
  CallAnswer,
  CallInput,
  CallName,
  ChannelFor,
  ChannelName,
  StreamItem,
  StreamName,
} from './contract-inference.ts';
export { InvalidPayloadError, type Message } from './message.ts';
export {
  type DurableOutboxOptions,
  durableOutbox,
  type RestoredPublication,
} from './outbox/durable-outbox.ts';
export { type IndexedDbOutboxOptions, indexedDbOutbox } from './outbox/indexeddb-outbox.ts';
export type { OutboxHost, OutboxPart } from './outbox/outbox-part.ts';
export type { OutboxStore } from './outbox/outbox-store.ts';
export { connect, RealtimeClient } from './realtime-client.ts';
export { type CallRequestOptions, call, callStream } from './requests/call.ts';
export type { StreamCall } from './requests/stream-call.ts';
export type { ResumeStore } from './resume-store.ts';
export {
  type SessionStorageResumeOptions,
  type StorageShape,
  sessionStorageResume,
} from './session-storage-resume.ts';
export type { WebSocketConstructor, WebSocketShape } from './transports/websocket-transport.ts';
