// The door of the protocol floor: RFC 6455, RFC 7692 and RFC 8441 without any I/O.

export { ProtocolError, ProtocolErrorCode, UsageError } from './errors.ts';
export { CloseCode, isSendableCloseCode } from './frame/close-code.ts';
export { isControl, isReserved, Opcode } from './frame/opcode.ts';
