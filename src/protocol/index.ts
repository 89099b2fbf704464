// The door of the protocol floor: RFC 6455, RFC 7692 and RFC 8441 without any I/O.

export { applyMaskingKey, maskingKeyFrom, turnMaskingKey } from './bytes/masking.ts';
export { type IsUtf8, isUtf8 } from './bytes/utf8.ts';
export { Endpoint, type EndpointHandler, type EndpointOptions } from './connection/endpoint.ts';
export { ProtocolError, ProtocolErrorCode, UsageError } from './errors.ts';
export {
  type Extension,
  type ExtensionLimits,
  type ExtensionParameter,
  extensionLimitDefaults,
  parseExtensions,
  serializeExtensions,
} from './extension/extension-header.ts';
export {
  type AcceptedOffer,
  acceptOffer,
  checkAnswer,
  createOffer,
  type PermessageDeflate,
  type PermessageDeflateOptions,
  permessageDeflate,
  permessageDeflateDefaults,
} from './extension/permessage-deflate.ts';
export { CloseCode, isSendableCloseCode } from './frame/close-code.ts';
export {
  type CloseStatus,
  MAX_REASON_BYTES,
  parseClosePayload,
  serializeClosePayload,
} from './frame/close-payload.ts';
export type { Role } from './frame/frame-parser.ts';
export {
  FIN,
  headerBytes,
  RSV1,
  serializeFrame,
  writeHeader,
  writeMaskingKey,
} from './frame/frame-serializer.ts';
export { isControl, isReserved, Opcode } from './frame/opcode.ts';
export { acceptKey, isWebSocketKey, type Sha1Base64 } from './handshake/accept-key.ts';
export {
  type Agreement,
  type ClientOffer,
  checkUpgradeResponse,
  type ExpectedAnswer,
  requestHeaders,
  type UpgradeResponseHead,
} from './handshake/client-handshake.ts';
export {
  checkExtendedConnect,
  checkExtendedConnectResponse,
  type ExtendedConnectAnswer,
  type ExtendedConnectHead,
  type ExtendedConnectOffer,
  type ExtendedConnectRefusal,
  extendedConnectAnswer,
  extendedConnectRefusal,
  extendedConnectRequest,
} from './handshake/extended-connect.ts';
export { Malformed } from './handshake/field-reader.ts';
export {
  HandshakeError,
  HandshakeErrorCode,
  type HandshakeRejection,
  RejectionCode,
  rejection,
} from './handshake/handshake-error.ts';
export { type DecodeLatin1, decodeLatin1 } from './handshake/head-part.ts';
export { type HeaderField, HeaderList, type HeaderLookup } from './handshake/header-list.ts';
export {
  type HttpHead,
  type HttpHeadLimits,
  httpHeadLimitDefaults,
  type RequestHead,
  type ResponseHead,
} from './handshake/http-head.ts';
export { type HttpHeadOptions, HttpHeadParser } from './handshake/http-head-parser.ts';
export { isAuthority, parseRequestTarget, type RequestTarget } from './handshake/request-target.ts';
export {
  serializeRejection,
  serializeUpgradeResponse,
  type UpgradeAnswer,
} from './handshake/server-answer.ts';
export {
  checkUpgradeRequest,
  type OpeningRequest,
  type UpgradeRequestHead,
  type UpgradeRequestLimits,
} from './handshake/server-handshake.ts';
export {
  chooseProtocol,
  defaultMaxProtocols,
  parseProtocols,
  serializeProtocols,
} from './handshake/subprotocol.ts';
export { isFieldValue, isToken } from './handshake/token.ts';
export { type MessageLimits, messageLimitDefaults, resolveMessageLimits } from './limits.ts';
export type { Keeping } from './message/fragment-buffer.ts';
export { TokenBucket, type TokenBucketOptions } from './token-bucket.ts';
