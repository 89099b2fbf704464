// Asks for a WebSocket over HTTP/2: an extended CONNECT on a shared session (RFC 8441, section 5).

import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import {
  type ClientOffer,
  extendedConnectRequest,
  type HeaderField,
  type UpgradeResponseHead,
} from '../../protocol/index.ts';
import { resetStream } from '../streams/http2-stream.ts';
import { interimFlood } from './response-head.ts';
import type { ServerAddress } from './server-address.ts';
import { openStream } from './session-pool.ts';
import type { SessionSettings } from './shared-session.ts';
import { waitOn } from './stream-wait.ts';

export interface ConnectContext {
  readonly settings: SessionSettings;
  readonly offer: ClientOffer;
  readonly signal: AbortSignal;
}

export interface ConnectAnswer {
  readonly head: UpgradeResponseHead;
  /** Not read yet. */
  readonly stream: ClientHttp2Stream;
}

/** `fields` are those of the caller, `Host` among them. Rejects as `dial` does. */
export async function exchangeOverHttp2(
  address: ServerAddress,
  fields: readonly HeaderField[],
  { settings, offer, signal }: ConnectContext,
): Promise<ConnectAnswer> {
  const headers = requestHeaders(address, fields, offer);
  for (let attempt = 1; ; attempt += 1) {
    const stream = await openStream({ address, settings, headers, signal });
    try {
      return { head: await receiveHead(stream, address.authority, signal), stream };
    } catch (error) {
      // RFC 9113, 8.7. What was refused with REFUSED_STREAM was not processed, and may be asked again: most likely the
      // server was ending an idle session.
      if (attempt > 1 || stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) throw error;
    }
  }
}

function receiveHead(
  stream: ClientHttp2Stream,
  peer: string,
  signal: AbortSignal,
): Promise<UpgradeResponseHead> {
  const cut = (): void => resetStream(stream);
  return waitOn<UpgradeResponseHead>(stream, { peer, signal, cut }, (wait) => {
    const receive = (headers: IncomingHttpHeaders): void =>
      wait.resolve({
        status: Number(headers[':status']),
        headers: {
          get: (name) => {
            const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
            return Array.isArray(value) ? value.join(', ') : value;
          },
        },
      });
    const findFlood = interimFlood(peer);
    const count = (): void => {
      const flood = findFlood();
      if (flood !== undefined) wait.reject(flood);
    };
    stream.on('response', receive);
    stream.on('headers', count);
    return () => {
      stream.removeListener('response', receive);
      stream.removeListener('headers', count);
    };
  });
}

/** Fields of one HTTP/1.1 connection, which HTTP/2 does not allow, and those that pseudo-header fields stand for. */
const leftOut: ReadonlySet<string> = new Set([
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'http2-settings',
]);

function requestHeaders(
  address: ServerAddress,
  fields: readonly HeaderField[],
  offer: ClientOffer,
): OutgoingHttpHeaders {
  const [, host] = fields.find(([name]) => name.toLowerCase() === 'host') ?? [];
  const request = extendedConnectRequest({
    ...offer,
    scheme: address.isSecure ? 'https' : 'http',
    authority: host ?? address.authority,
    path: address.resource,
  });
  const headers: OutgoingHttpHeaders = Object.create(null);
  for (const [name, value] of [...request, ...fields]) {
    const lowerName = name.toLowerCase();
    if (leftOut.has(lowerName)) continue;
    const before = headers[lowerName];
    headers[lowerName] = before === undefined ? value : [before, value].flat().map(String);
  }
  return headers;
}
