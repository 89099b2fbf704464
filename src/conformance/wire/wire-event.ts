// What can be seen of an endpoint on the wire.

import { describePayload } from './frame.ts';

export type WireEvent =
  | {
      readonly type: 'message';
      readonly kind: 'text' | 'binary';
      readonly data: Buffer;
      readonly compressed: boolean;
    }
  | { readonly type: 'ping'; readonly data: Buffer }
  | { readonly type: 'pong'; readonly data: Buffer }
  | { readonly type: 'close'; readonly code: number | undefined; readonly reason: Buffer }
  /** The endpoint itself broke the protocol. */
  | { readonly type: 'violation'; readonly text: string }
  /** The connection ended: in order, or by a reset. */
  | { readonly type: 'end'; readonly reset: boolean };

export function describeEvent(event: WireEvent): string {
  switch (event.type) {
    case 'message':
      return `${event.kind}${event.compressed ? ' (deflated)' : ''} ${describePayload(event.data)}`;
    case 'ping':
    case 'pong':
      return `${event.type} ${describePayload(event.data)}`;
    case 'close':
      if (event.code === undefined) return 'close without a code';
      return `close ${event.code}${event.reason.length === 0 ? '' : ` ${describePayload(event.reason)}`}`;
    case 'violation':
      return `VIOLATION: ${event.text}`;
    case 'end':
      return event.reset ? 'connection reset' : 'end of the connection';
    default:
      return event satisfies never;
  }
}
