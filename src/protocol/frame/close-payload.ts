// The body of a Close frame: a code and a reason (RFC 6455, section 5.5.1).

import type { IsUtf8 } from '../bytes/utf8.ts';
import { ProtocolError, UsageError } from '../errors.ts';
import { CloseCode, isSendableCloseCode } from './close-code.ts';

/** A control frame has at most 125 bytes of payload, and the code takes two. */
export const MAX_REASON_BYTES = 123;

export interface CloseStatus {
  readonly code: number;
  readonly reason: string;
}

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
/** A byte order mark is part of the reason. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads a Close frame's payload. An empty one is code 1005; an illegal one gives the error that answers it. */
export function parseClosePayload(payload: Uint8Array, isUtf8: IsUtf8): CloseStatus | ProtocolError {
  if (payload.length === 0) return { code: CloseCode.NoStatus, reason: '' };
  if (payload.length === 1) {
    return new ProtocolError(
      'CLOSE_BODY_INVALID',
      'a Close body has at least two bytes (RFC 6455, section 5.5.1)',
    );
  }
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  if (!isSendableCloseCode(code)) {
    return new ProtocolError(
      'CLOSE_CODE_INVALID',
      `close code ${code} must not be sent (RFC 6455, section 7.4)`,
    );
  }
  if (!isUtf8(payload, 2, payload.length)) {
    return new ProtocolError(
      'INVALID_UTF8',
      'the reason of a Close is not valid UTF-8 (RFC 6455, section 5.5.1)',
    );
  }
  return { code, reason: decoder.decode(payload.subarray(2)) };
}

/** Builds a Close frame's payload; no code means an empty one. Throws `UsageError` on what must not be sent. */
export function serializeClosePayload(code?: number, reason = ''): Uint8Array {
  if (code === undefined) {
    if (reason !== '')
      throw new UsageError('a close reason needs a close code: pass 1000 if nothing else fits');
    return EMPTY;
  }
  if (!Number.isInteger(code) || !isSendableCloseCode(code)) {
    throw new UsageError(
      `close code ${code} must not be sent: use 1000–1003, 1007–1014 or 3000–4999 (RFC 6455, section 7.4)`,
    );
  }
  const text = encoder.encode(reason);
  if (text.length > MAX_REASON_BYTES) {
    throw new UsageError(`a close reason has at most ${MAX_REASON_BYTES} bytes of UTF-8, not ${text.length}`);
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code;
  payload.set(text, 2);
  return payload;
}
