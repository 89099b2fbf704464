// The head of an HTTP/1.1 request or response, and what one may cost.

import type { HeaderList } from './header-list.ts';

export interface RequestHead {
  readonly type: 'request';
  readonly method: string;
  /** Printable ASCII without `#`; its form is for `checkUpgradeRequest` to check. */
  readonly target: string;
  /** `1.0`, `1.1`, or a later minor version. */
  readonly httpVersion: string;
  readonly headers: HeaderList;
}

export interface ResponseHead {
  readonly type: 'response';
  readonly httpVersion: string;
  /** From 100 to 999. An interim answer (1xx but 101) is followed by another head: parse that with a new parser. */
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
}

export type HttpHead = RequestHead | ResponseHead;

/** What a head may cost; each limit is checked at the first byte that breaks it. */
export interface HttpHeadLimits {
  /** The whole head in bytes, from its first byte to its empty line.
   * @default 16_384 */
  readonly maxHeadBytes?: number;
  /** The target of a request in bytes.
   * @default 8_192 */
  readonly maxTargetBytes?: number;
  /** The number of fields, counting a repeated name each time.
   * @default 100 */
  readonly maxHeaders?: number;
}

export const httpHeadLimitDefaults: Required<HttpHeadLimits> = Object.freeze({
  maxHeadBytes: 16_384,
  maxTargetBytes: 8_192,
  maxHeaders: 100,
});

/** Fields that may come once: where they come twice, two programs on the way could each believe another one. */
export const singleFields: { readonly [Kind in HttpHead['type']]: ReadonlySet<string> } = Object.freeze({
  request: new Set(['host', 'origin', 'content-length', 'sec-websocket-key', 'sec-websocket-version']),
  response: new Set(['content-length', 'upgrade', 'sec-websocket-accept', 'sec-websocket-protocol']),
});
