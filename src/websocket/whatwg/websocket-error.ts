// WebSocketError, with which the streams of a WebSocketStream fail, and with which a program can close them.

import { MAX_REASON_BYTES } from '../../protocol/index.ts';
import type { WebSocketCloseInfo } from './connection-stream.ts';

export interface CheckedCloseInfo {
  readonly code: number | undefined;
  readonly reason: string;
}

/**
 * The rules for what a program may close with: throws an `InvalidAccessError` or a `SyntaxError` `DOMException`. A reason
 * without a code goes with 1000.
 */
export function checkCloseInfo({ closeCode, reason = '' }: WebSocketCloseInfo): CheckedCloseInfo {
  const code = closeCode ?? (reason === '' ? undefined : 1000);
  if (code !== undefined && code !== 1000 && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
    throw new DOMException(`the close code ${code} is neither 1000 nor 3000 to 4999`, 'InvalidAccessError');
  }
  const text = String(reason);
  if (Buffer.byteLength(text) > MAX_REASON_BYTES) {
    throw new DOMException(`the reason is longer than ${MAX_REASON_BYTES} bytes of UTF-8`, 'SyntaxError');
  }
  return { code, reason: text };
}

interface Failure {
  readonly message: string;
  readonly closeCode: number;
  readonly reason: string;
  readonly cause?: unknown;
}

let fail: (failure: Failure) => WebSocketError;

/** A `DOMException` with a close code and a reason. */
export class WebSocketError extends DOMException {
  #closeCode: number | null;
  #reason: string;

  /** Throws as `checkCloseInfo` does for what nobody may close with. */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    super(message, 'WebSocketError');
    const { code, reason } = checkCloseInfo(init);
    this.#closeCode = code ?? null;
    this.#reason = reason;
  }

  /** Null where there is none. */
  get closeCode(): number | null {
    return this.#closeCode;
  }

  get reason(): string {
    return this.#reason;
  }

  static {
    fail = ({ message, closeCode, reason, cause }) => {
      const error = new WebSocketError(message);
      error.#closeCode = closeCode;
      error.#reason = reason;
      if (cause !== undefined) Object.defineProperty(error, 'cause', { value: cause, configurable: true });
      return error;
    };
  }
}

Object.defineProperties(WebSocketError.prototype, {
  closeCode: { enumerable: true },
  reason: { enumerable: true },
  [Symbol.toStringTag]: { value: 'WebSocketError', configurable: true },
});

/** How a connection failed: with a code that a program cannot give, such as 1006. `cause` is Node's extra. */
export function webSocketFailure(failure: Failure): WebSocketError {
  return fail(failure);
}
