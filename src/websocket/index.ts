// The door of the websocket floor: WebSocket over real sockets, for servers and clients.

export {
  CloseCode,
  HandshakeError,
  ProtocolError,
  TokenBucket,
  type TokenBucketOptions,
  UsageError,
} from '../protocol/index.ts';
export { type ClientOptions, type ClientTlsOptions, clientDefaults } from './client/client-options.ts';
export type { ServerAddress } from './client/server-address.ts';
export type { Connection, ConnectionHandlers, DrainedOptions, ReadyState } from './connection/connection.ts';
export { type ConnectionLimits, connectionLimitDefaults } from './connection/connection-limits.ts';
export {
  type ConnectionOptions,
  connectionDefaults,
  type KeepaliveOptions,
} from './connection/connection-options.ts';
export type { BinaryData } from './connection/message-data.ts';
export type { SendResult } from './connection/message-sender.ts';
export { PreparedMessage, prepare } from './connection/prepared-message.ts';
export { ConnectionError, type ConnectionErrorCode } from './errors.ts';
export type { TrustedProxies } from './server/client-address.ts';
export { deviceProfile } from './server/device-profile.ts';
export { type AllowedOrigins, OriginPolicy } from './server/origin-policy.ts';
export { type CountedLimit, countedNames, type ServerCounters } from './server/server-counters.ts';
export {
  resolveServerLimits,
  type ServerLimits,
  serverLimitDefaults,
  serverLimitNames,
} from './server/server-limits.ts';
export { type Decision, serverDefaults, type WebSocketServerOptions } from './server/server-options.ts';
export { type Acceptance, type Refusal, reject, type UpgradeRequest } from './server/upgrade-request.ts';
export {
  type BroadcastOptions,
  type CloseOptions,
  type CloseReport,
  WebSocketServer,
} from './server/websocket-server.ts';
export type {
  ConnectionStream,
  ReceivedMessage,
  SentMessage,
  WebSocketCloseInfo,
  WebSocketOpenInfo,
} from './whatwg/connection-stream.ts';
export { CloseEvent, type WebSocketErrorEvent, type WebSocketEventMap } from './whatwg/events.ts';
export { WebSocket, type WebSocketOptions } from './whatwg/websocket.ts';
export { WebSocketError } from './whatwg/websocket-error.ts';
export { WebSocketStream, type WebSocketStreamOptions } from './whatwg/websocket-stream.ts';
