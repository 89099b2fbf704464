// What a WebSocket server may be made to hold: by one connection, by one address, and by all together.

import { checkWhole } from '../connection/check-whole.ts';
import {
  type ConnectionLimits,
  connectionLimitDefaults,
  connectionLimitNames,
  given,
  resolveConnectionLimits,
} from '../connection/connection-limits.ts';

export interface ServerLimits extends ConnectionLimits {
  /** Connections at the same time, those in their handshake included. More are answered with 503. @default 16_000 */
  readonly maxConnections?: number;
  /** As `maxConnections`, from one address. @default 4_000 */
  readonly maxConnectionsPerAddress?: number;
}

export const serverLimitDefaults = Object.freeze({
  ...connectionLimitDefaults,
  maxConnections: 16_000,
  maxConnectionsPerAddress: 4_000,
}) satisfies ServerLimits;

export const serverLimitNames: ReadonlySet<string> = new Set([
  ...connectionLimitNames,
  'maxConnections',
  'maxConnectionsPerAddress',
]);

/** Fills in the defaults, and refuses what is out of range or cannot work together. */
export function resolveServerLimits(limits: ServerLimits): Required<ServerLimits> {
  const { maxConnections, maxConnectionsPerAddress } = { ...serverLimitDefaults, ...given(limits) };
  return Object.freeze({
    ...resolveConnectionLimits(limits, serverLimitNames),
    maxConnections: checkWhole('maxConnections', maxConnections, 1, 10_000_000),
    maxConnectionsPerAddress: checkWhole('maxConnectionsPerAddress', maxConnectionsPerAddress, 1, 10_000_000),
  });
}
