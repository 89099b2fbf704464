// The opening handshake of a client, redirects included: from a URL to a stream on which frames may be sent
// (RFC 6455, section 4.1).

import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import {
  acceptKey,
  checkAnswer,
  checkUpgradeResponse,
  createOffer,
  type Extension,
  HandshakeError,
  type HeaderField,
  type PermessageDeflate,
  requestHeaders,
  serializeExtensions,
} from '../../protocol/index.ts';
import { ConnectionError } from '../errors.ts';
import { exchangeOverAgent } from './agent-exchange.ts';
import { hasField } from './client-options.ts';
import { dial } from './dial.ts';
import { type Hop, isRedirect, redirectedHop } from './redirect.ts';
import { type Answer, handshakeFailure, readResponseHead } from './response-head.ts';
import { basicCredentials, type ServerAddress, serverAddress } from './server-address.ts';

/** A connection on which the opening handshake is done. */
export interface OpenedConnection {
  /** Paused; its errors are heard already. */
  readonly stream: Duplex;
  /** Bytes of frames that arrived behind the handshake. */
  readonly rest: Buffer;
  /** The subprotocol agreed on, or ''. */
  readonly protocol: string;
  /** As in the field `Sec-WebSocket-Extensions`, or ''. */
  readonly extensions: string;
  /** The parameters of permessage-deflate, if the server agreed to it. */
  readonly deflate: PermessageDeflate | undefined;
}

const sha1Base64 = (text: string): string => createHash('sha1').update(text).digest('base64');

/**
 * Offers the subprotocols, and permessage-deflate as the settings say. Rejects with a `ConnectionError`, or with the
 * reason of the signal; then nothing is left open.
 */
export async function openConnection(
  first: Hop,
  protocols: readonly string[],
  signal: AbortSignal,
): Promise<OpenedConnection> {
  const { maxRedirects, deflate } = first.settings;
  const offer = { protocols, extensions: deflate === undefined ? [] : [createOffer(deflate)] };
  let hop = first;
  for (let redirects = 0; ; redirects += 1) {
    // 4.1, item 7. "a nonce consisting of a randomly selected 16-byte value that has been base64-encoded […]. The nonce
    // MUST be selected randomly for each connection."
    const key = randomBytes(16).toString('base64');
    const answer = await exchange(hop, [...requestFields(hop), ...requestHeaders({ ...offer, key })], signal);
    if (maxRedirects > 0 && isRedirect(answer.head)) {
      answer.stream.destroy();
      hop = nextHop(hop, answer, maxRedirects - redirects);
      continue;
    }
    const agreed = checkAnswerHead(answer, { ...offer, accept: acceptKey(key, sha1Base64) });
    if (!(agreed instanceof HandshakeError)) return agreed;
    answer.stream.destroy();
    throw handshakeFailure(agreed);
  }
}

function checkAnswerHead(
  { head, stream, rest }: Answer,
  expected: { protocols: readonly string[]; extensions: readonly Extension[]; accept: string },
): OpenedConnection | HandshakeError {
  const agreement = checkUpgradeResponse(head, { ...expected, requireProtocol: true });
  if (agreement instanceof HandshakeError) return agreement;
  const { protocol, extensions } = agreement;
  const [answer] = extensions;
  const [offer] = expected.extensions;
  const deflate = answer === undefined || offer === undefined ? undefined : checkAnswer(answer, offer);
  if (deflate instanceof HandshakeError) return deflate;
  return { stream, rest, protocol, extensions: serializeExtensions(extensions), deflate };
}

/** `Host` comes first, as RFC 9110, section 7.2, advises. */
function requestFields({ url, settings: { headers } }: Hop): HeaderField[] {
  const fields: HeaderField[] = hasField(headers, 'host')
    ? [...headers]
    : [['Host', serverAddress(url).authority], ...headers];
  const credentials = basicCredentials(url);
  if (credentials !== undefined && !hasField(headers, 'authorization')) {
    fields.push(['Authorization', credentials]);
  }
  return fields;
}

async function exchange(
  { url, settings }: Hop,
  fields: readonly HeaderField[],
  signal: AbortSignal,
): Promise<Answer> {
  const address = serverAddress(url);
  const { route } = settings;
  if (route.type === 'agent')
    return exchangeOverAgent(address, fields, { agent: route.agent, settings, signal });
  const stream = await dial(address, route, { settings, signal });
  stream.write(serializeRequest(address, fields), 'latin1');
  return readResponseHead(stream, { peer: address.authority, signal });
}

/** The fields were checked with the options: none holds a line break. */
function serializeRequest({ resource }: ServerAddress, fields: readonly HeaderField[]): string {
  let head = `GET ${resource} HTTP/1.1\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  return `${head}\r\n`;
}

function nextHop(hop: Hop, { head }: Answer, redirectsLeft: number): Hop {
  const next =
    redirectsLeft > 0
      ? redirectedHop(hop, head)
      : new ConnectionError(
          'HANDSHAKE_FAILED',
          `server redirected more often than maxRedirects (${hop.settings.maxRedirects}) allows`,
          { status: head.status },
        );
  if (next instanceof ConnectionError) throw next;
  return next;
}
