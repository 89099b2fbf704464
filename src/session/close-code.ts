// Close codes of the channel protocol (PROTOCOL.md, section 12).

import { ClientCloseCode } from './client-close-code.ts';

export const SessionCloseCode = Object.freeze({
  ...ClientCloseCode,
  GoingAway: 1001,
  TooBig: 1009,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  /** The queue for this reader is full; resuming goes on from its position. */
  SlowReader: 4001,
  CredentialExpired: 4200,
  GoElsewhere: 4300,
  Unauthenticated: 4401,
  Forbidden: 4403,
  NoHello: 4408,
  /** Another connection continued the session. */
  Fenced: 4409,
  TooMany: 4429,
} as const);

export type SessionCloseCode = (typeof SessionCloseCode)[keyof typeof SessionCloseCode];
