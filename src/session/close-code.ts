// Close codes of the channel protocol: each range tells the client what to do next (PROTOCOL.md, section 12).

export const SessionCloseCode = Object.freeze({
  Normal: 1000,
  GoingAway: 1001,
  TooBig: 1009,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  /** Nothing came for `idleMs`. */
  Idle: 4000,
  /** The queue for this reader is full; resuming goes on from its position. */
  SlowReader: 4001,
  /** A reply did not come: one end lost track. */
  Reset: 4002,
  CredentialExpired: 4200,
  GoElsewhere: 4300,
  BadPacket: 4400,
  Unauthenticated: 4401,
  Forbidden: 4403,
  NoHello: 4408,
  /** Another connection continued the session. */
  Fenced: 4409,
  TooMany: 4429,
} as const);

export type SessionCloseCode = (typeof SessionCloseCode)[keyof typeof SessionCloseCode];

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
