// The errors of the protocol floor: what a caller did wrong, and what a peer did wrong.

import type { CloseCode } from './frame/close-code.ts';

/** The caller passed a value that can never work. Thrown at once, and names the option and the value. */
export class UsageError extends TypeError {
  readonly code = 'USAGE';
  override readonly name: string = 'UsageError';
}

/**
 * Every way in which a peer can break RFC 6455, or a limit of ours, with the close code that answers it.
 * Each has its sentence in `docs/reference/errors.md`.
 */
export const ProtocolErrorCode = Object.freeze({
  /** A reserved bit is set that no agreed extension defines (5.2). */
  RESERVED_BIT: 1002,
  /** The opcode is reserved (5.2). */
  RESERVED_OPCODE: 1002,
  /** A client sent an unmasked frame (5.1). */
  UNMASKED_FRAME: 1002,
  /** A server sent a masked frame (5.1). */
  MASKED_FRAME: 1002,
  /** A control frame is fragmented (5.5). */
  FRAGMENTED_CONTROL: 1002,
  /** A control frame carries more than 125 bytes (5.5). */
  CONTROL_TOO_LONG: 1002,
  /** A length is not in its shortest form (5.2). */
  LENGTH_NOT_MINIMAL: 1002,
  /** A 64-bit length has its most significant bit set (5.2). */
  LENGTH_INVALID: 1002,
  /** A continuation frame continues nothing (5.4). */
  UNEXPECTED_CONTINUATION: 1002,
  /** A new message began before the last was finished (5.4). */
  EXPECTED_CONTINUATION: 1002,
  /** The body of a Close frame is one byte long (5.5.1). */
  CLOSE_BODY_INVALID: 1002,
  /** A Close frame carries a code that must not be sent (7.4). */
  CLOSE_CODE_INVALID: 1002,
  /** A text message, or the reason of a Close, is not UTF-8 (8.1). */
  INVALID_UTF8: 1007,
  /** A compressed message is not DEFLATE data (RFC 7692, 7.2.2). */
  INVALID_DEFLATE: 1007,
  /** A frame is longer than `maxFrameBytes`. */
  FRAME_TOO_BIG: 1009,
  /** A message is longer than `maxMessageBytes`. */
  MESSAGE_TOO_BIG: 1009,
  /** A message came in so many fragments that it exceeds `maxMessageCostBytes`, or its DEFLATE data ends again and again. */
  MESSAGE_TOO_COSTLY: 1009,
  /** All connections together hold more unfinished bytes than they may, and this one held most. */
  BUDGET_EXCEEDED: 1013,
} as const satisfies Record<string, CloseCode>);

export type ProtocolErrorCode = keyof typeof ProtocolErrorCode;

/** The peer broke the protocol or a limit; the connection is failed with `closeCode` (RFC 6455, section 7.1.7). */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  /** The close code that tells the peer. */
  readonly closeCode: CloseCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
    this.closeCode = ProtocolErrorCode[code];
  }
}
