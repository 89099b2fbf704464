// All cases, in the order in which reports show them.

import type { Group } from '../script/case.ts';
import { closings } from './closing.ts';
import { deflateMessages } from './deflate-messages.ts';
import { deflateNegotiation } from './deflate-negotiation.ts';
import { deflateParameters } from './deflate-parameters.ts';
import { fragmentation } from './fragmentation.ts';
import { framing } from './framing.ts';
import { handshakeClient } from './handshake-client.ts';
import { handshakeServer } from './handshake-server.ts';
import { http2 } from './http2.ts';
import { limits } from './limits.ts';
import { pings } from './pings.ts';
import { sizes } from './sizes.ts';
import { utf8 } from './utf8.ts';

export const allGroups: readonly Group[] = [
  { name: 'handshake', title: 'Opening handshake', cases: [...handshakeServer, ...handshakeClient] },
  { name: 'framing', title: 'Framing', cases: framing },
  { name: 'ping', title: 'Ping and Pong', cases: pings },
  { name: 'fragments', title: 'Fragmentation', cases: fragmentation },
  { name: 'utf8', title: 'UTF-8', cases: utf8 },
  { name: 'close', title: 'Closing', cases: closings },
  { name: 'size', title: 'Sizes', cases: sizes },
  { name: 'limits', title: 'Limits and abuse', cases: limits },
  { name: 'deflate-negotiation', title: 'Compression: negotiation', cases: deflateNegotiation },
  { name: 'deflate-parameters', title: 'Compression: parameters', cases: deflateParameters },
  { name: 'deflate', title: 'Compression: messages', cases: deflateMessages },
  { name: 'http2', title: 'HTTP/2', cases: http2 },
];
