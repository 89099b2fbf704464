// The door of the protocol floor: RFC 6455, RFC 7692 and RFC 8441 without any I/O.

export { applyMaskingKey, maskingKeyFrom, turnMaskingKey } from './bytes/masking.ts';
export { type IsUtf8, isUtf8 } from './bytes/utf8.ts';
export { Endpoint, type EndpointHandler, type EndpointOptions } from './connection/endpoint.ts';
export { ProtocolError, ProtocolErrorCode, UsageError } from './errors.ts';
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
export { type MessageLimits, messageLimitDefaults, resolveMessageLimits } from './limits.ts';
