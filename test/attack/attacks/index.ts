// Every attack there is.

import type { Attack } from '../attack.ts';
import { compressionAttacks } from './compression.ts';
import { frameAttacks } from './frames.ts';
import { handshakeAttacks } from './handshake.ts';
import { hostileRequests } from './hostile-requests.ts';
import { http2Attacks } from './http2.ts';
import { messageAttacks } from './messages.ts';
import { outboundAttacks } from './outbound.ts';
import { sessionAttacks } from './sessions.ts';
import { tlsAttacks } from './tls.ts';

export const attacks: readonly Attack[] = [
  ...handshakeAttacks,
  ...hostileRequests,
  ...tlsAttacks,
  ...http2Attacks,
  ...frameAttacks,
  ...compressionAttacks,
  ...outboundAttacks,
  ...messageAttacks,
  ...sessionAttacks,
];
