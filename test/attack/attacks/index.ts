// Every attack there is.

import type { Attack } from '../attack.ts';
import { frameAttacks } from './frames.ts';
import { handshakeAttacks } from './handshake.ts';
import { messageAttacks } from './messages.ts';
import { outboundAttacks } from './outbound.ts';

export const attacks: readonly Attack[] = [
  ...handshakeAttacks,
  ...frameAttacks,
  ...outboundAttacks,
  ...messageAttacks,
];
