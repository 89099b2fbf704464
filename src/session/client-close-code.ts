// The close codes that a client knows by name, and what it does after any other: each range says what (PROTOCOL.md, section 12).

export const ClientCloseCode = Object.freeze({
  Normal: 1000,
  /** Nothing came for `idleMs`. */
  Idle: 4000,
  /** A reply did not come: one end lost track. */
  Reset: 4002,
  /** What was sent is no packet, or not legal then. */
  BadPacket: 4400,
} as const);

/** What a client does after a close. */
export type CloseVerdict = 'backoff' | 'credentials' | 'elsewhere' | 'stop';

const finalCodes: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010]);

export function closeVerdict(code: number): CloseVerdict {
  if (finalCodes.has(code)) return 'stop';
  if (code >= 4200 && code <= 4299) return 'credentials';
  if (code >= 4300 && code <= 4399) return 'elsewhere';
  if (code >= 4400 && code <= 4499) return 'stop';
  return 'backoff';
}
