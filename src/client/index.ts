// The door of the client floor: one connection that stays, and typed channels on it; in browsers and Node.

export { UsageError } from '../channel/index.ts';
export {
  type ErrorBody,
  jsonCodec,
  messagePackCodec,
  type PacketCodec,
  RequestError,
  type ResumeState,
} from '../session/index.ts';
export type { CallRequestOptions } from './call.ts';
export type { Channel, PublishOptions } from './channel/channel.ts';
export type { ChannelPresence, Member, MemberList } from './channel/channel-presence.ts';
export type { HistoryPage, HistoryQuery } from './channel/history.ts';
export type { MessageStream } from './channel/message-stream.ts';
export type { MessageHandler, SubscribeOptions, Subscription } from './channel/subscription.ts';
export {
  type ClientLimits,
  type ClientOptions,
  clientLimitDefaults,
  type TokenSource,
} from './client-options.ts';
export type { ClientStatus, ConnectionState, StatusReason } from './client-status.ts';
export type { CallAnswer, CallInput, CallName, ChannelFor, ChannelName } from './contract-channel.ts';
export { InvalidPayloadError, type Message } from './message.ts';
export { connect, RealtimeClient } from './realtime-client.ts';
export type { ResumeStore } from './resume-store.ts';
export {
  type SessionStorageResumeOptions,
  type StorageShape,
  sessionStorageResume,
} from './session-storage-resume.ts';
export type { StreamCall } from './stream-call.ts';
export type { WebSocketConstructor, WebSocketShape } from './transports/websocket-transport.ts';
