// The door of the server floor: channels and calls over real sockets.

export { RequestError, SessionCloseCode } from '../session/index.ts';
export type { Authenticate } from './auth/authentication-desk.ts';
export type {
  AuthenticationRequest,
  BasicCredentials,
  TokenFromOptions,
  TokenSource,
} from './auth/authentication-request.ts';
export { type BasicOptions, basic, type CheckPassword } from './auth/basic.ts';
export type { Authorize, AuthorizeRequest } from './auth/contract-gate.ts';
export { guest, type Identity } from './auth/identity.ts';
export { type JwtOptions, jwt, jwtDefaults } from './auth/jwt.ts';
export type { CallContext, CallHandlerOf, CallHandlers, Middleware } from './calls/call-handlers.ts';
export type { HistoryOptions, HistoryResult, PublishOptions } from './channel-access.ts';
export { BrokerSource, type BrokerSourceOptions } from './hub/broker-source.ts';
export { type RealtimeLimit, type RealtimeLimits, realtimeLimitDefaults } from './limits.ts';
export type { Logger } from './logger.ts';
export type { RealtimeMetrics } from './metrics.ts';
export { type RealtimeOptions, realtimeDefaults, type WebSocketOptions } from './options.ts';
export {
  type ClientSelector,
  createRealtime,
  type RealtimeCloseOptions,
  RealtimeServer,
  realtimeCloseDefaults,
} from './realtime-server.ts';
export type { ConnectedClient } from './transports/client-link.ts';
