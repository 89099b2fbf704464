// Gives errors the codes and messages that programs written for `ws` look for.

import { ProtocolError, type ProtocolErrorCode } from '../../protocol/index.ts';
import { ConnectionError } from '../errors.ts';

const protocolCodes: Readonly<Record<ProtocolErrorCode, string>> = Object.freeze({
  RESERVED_BIT: 'WS_ERR_UNEXPECTED_RSV_1',
  RESERVED_OPCODE: 'WS_ERR_INVALID_OPCODE',
  UNMASKED_FRAME: 'WS_ERR_EXPECTED_MASK',
  MASKED_FRAME: 'WS_ERR_UNEXPECTED_MASK',
  FRAGMENTED_CONTROL: 'WS_ERR_EXPECTED_FIN',
  CONTROL_TOO_LONG: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  LENGTH_NOT_MINIMAL: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  LENGTH_INVALID: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  UNEXPECTED_CONTINUATION: 'WS_ERR_INVALID_OPCODE',
  EXPECTED_CONTINUATION: 'WS_ERR_INVALID_OPCODE',
  CLOSE_BODY_INVALID: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
  CLOSE_CODE_INVALID: 'WS_ERR_INVALID_CLOSE_CODE',
  INVALID_UTF8: 'WS_ERR_INVALID_UTF8',
  INVALID_DEFLATE: 'Z_DATA_ERROR',
  FRAME_TOO_BIG: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  MESSAGE_TOO_BIG: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  MESSAGE_TOO_COSTLY: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
  BUDGET_EXCEEDED: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
});

/** The error that the event `error` carries; our own, with its own `code`, is its `cause`. */
export function shapedError(error: ProtocolError | ConnectionError): Error {
  if (error instanceof ProtocolError) {
    return Object.assign(new RangeError(error.message, { cause: error }), {
      code: protocolCodes[error.code],
    });
  }
  // Programs ask whether the code is ECONNREFUSED.
  if (error.code === 'CONNECTION_FAILED' && error.cause instanceof Error) return error.cause;
  if (error.code === 'HANDSHAKE_TIMEOUT') {
    return new Error('Opening handshake has timed out', { cause: error });
  }
  if (isUnexpectedAnswer(error)) {
    return new Error(`Unexpected server response: ${error.status}`, { cause: error });
  }
  return error;
}

/** Whether a server answered the opening handshake with something other than a WebSocket. */
export function isUnexpectedAnswer(error: Error): error is ConnectionError & { readonly status: number } {
  return error instanceof ConnectionError && error.status !== undefined && error.status !== 101;
}
