// Decides about a request as a server of the `ws` package does: `verifyClient`, `handleProtocols`, the event `headers`.

import type { IncomingMessage } from 'node:http';
import type { HeaderField } from '../../protocol/index.ts';
import type { Decision } from '../server/server-options.ts';
import { reject, type UpgradeRequest } from '../server/upgrade-request.ts';
import type { ClientInfo, ServerOptions } from './server-options.ts';

export interface DecisionMaker {
  readonly options: Pick<ServerOptions, 'verifyClient' | 'handleProtocols'>;
  /** Tells listeners of the lines of the answer; they may add some. */
  receiveHeaders(lines: string[], request: IncomingMessage): void;
}

/** Asks `verifyClient`, then accepts. */
export function verified(
  request: UpgradeRequest,
  raw: IncomingMessage,
  maker: DecisionMaker,
): Decision<undefined> | Promise<Decision<undefined>> {
  const { verifyClient } = maker.options;
  if (!verifyClient) return accepted(request, raw, maker);
  const info = { origin: request.origin, secure: request.isSecure, req: raw };
  if (verifyClient.length < 2) {
    const verify = verifyClient as (info: ClientInfo) => boolean;
    return verify(info) ? accepted(request, raw, maker) : reject(401);
  }
  return new Promise((resolve, fail) => {
    verifyClient(info, (isVerified, code = 401, message = '', headers = {}) => {
      try {
        resolve(isVerified ? accepted(request, raw, maker) : reject(code, message, { headers }));
      } catch (error) {
        fail(error);
      }
    });
  });
}

/** Chooses the subprotocol, and lets listeners add fields to the answer. */
export function accepted(
  request: UpgradeRequest,
  raw: IncomingMessage,
  maker: DecisionMaker,
): Decision<undefined> {
  const protocol = chosenProtocol(request.protocols, raw, maker.options);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  const ownLines = new Set(lines);
  maker.receiveHeaders(lines, raw);
  const headers = lines.filter((line) => !ownLines.has(line)).map(fieldOf);
  return { protocol, headers };
}

function chosenProtocol(
  offered: readonly string[],
  raw: IncomingMessage,
  { handleProtocols }: DecisionMaker['options'],
): string {
  const [first] = offered;
  if (first === undefined) return '';
  return handleProtocols ? handleProtocols(new Set(offered), raw) || '' : first;
}

function fieldOf(line: string): HeaderField {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim()];
}
