// Error codes of replies: every refusal has a code, a text and whether trying again helps (PROTOCOL.md, section 11).

export type Retry = 'no' | 'now' | 'after';

/** Each code with what trying again would do. */
export const errorRetry = Object.freeze({
  bad_request: 'no',
  bad_channel: 'no',
  unknown_channel: 'no',
  forbidden: 'no',
  unauthenticated: 'no',
  unsupported: 'no',
  schema: 'no',
  too_large: 'no',
  too_many_subs: 'no',
  too_many_inflight: 'after',
  rate_limited: 'after',
  seq_gap: 'now',
  producer_expired: 'no',
  full: 'after',
  unavailable: 'after',
  unknown: 'now',
  unknown_method: 'no',
  deadline: 'no',
  cancelled: 'no',
  internal: 'no',
} as const satisfies Record<string, Retry>);

export type ErrorCode = keyof typeof errorRetry;

/** The `err` of a packet. */
export interface ErrorBody {
  /** One of `ErrorCode`, or a code of the application's own. */
  readonly code: string;
  /** For people; holds no internal detail. */
  readonly msg: string;
  readonly retry: Retry;
  /** With `retry: 'after'`: not before so many milliseconds. */
  readonly afterMs?: number;
  /** With `schema`: where in the payload, such as `$.items[0].price`. */
  readonly path?: string;
  /** With `schema`: all that does not fit, at most 8. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** With `seq_gap`: the sequence to send from. */
  readonly expect?: number;
}

const retryAfterMs = 1_000;

export function errorBody(
  code: ErrorCode,
  msg: string,
  more: Partial<Omit<ErrorBody, 'code' | 'msg'>> = {},
): ErrorBody {
  const retry = errorRetry[code];
  return { code, msg, retry, ...(retry === 'after' ? { afterMs: retryAfterMs } : {}), ...more };
}
