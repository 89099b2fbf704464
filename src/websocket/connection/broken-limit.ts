// Which limit of its own a peer broke, for the counters.

import { ProtocolError, type ProtocolErrorCode } from '../../protocol/index.ts';
import type { ConnectionLimits } from './connection-limits.ts';

const limits: ReadonlyMap<ProtocolErrorCode, keyof ConnectionLimits> = new Map([
  ['FRAME_TOO_BIG', 'maxFrameBytes'],
  ['MESSAGE_TOO_BIG', 'maxMessageBytes'],
  ['MESSAGE_TOO_COSTLY', 'maxMessageCostBytes'],
]);

/** The limit that an error is about; undefined for an error that is about none. */
export function limitOf(error: Error): keyof ConnectionLimits | undefined {
  return error instanceof ProtocolError ? limits.get(error.code) : undefined;
}
