// The opening handshake of a client, redirects included: from a URL to a stream on which frames may be sent
// (RFC 6455, section 4.1).

import { createHash, randomBytes } from 'node:crypto';
import {
  type Agreement,
  acceptKey,
  type ClientOffer,
  checkAnswer,
  checkExtendedConnectResponse,
  checkUpgradeResponse,
  createOffer,
  type Extension,
  HandshakeError,
  type HeaderField,
  type HeaderLookup,
  type PermessageDeflate,
  requestHeaders,
  serializeExtensions,
  type UpgradeResponseHead,
} from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { ConnectionError } from '../errors.ts';
import { DuplexStream } from '../streams/duplex-stream.ts';
import { Http2Stream } from '../streams/http2-stream.ts';
import { exchangeOverAgent } from './agent-exchange.ts';
import { hasField } from './client-options.ts';
import { dial } from './dial.ts';
import { exchangeOverHttp2 } from './extended-connect.ts';
import { type Hop, isRedirect, publicProtocols, redirectedHop } from './redirect.ts';
import { type Answer, handshakeFailure, readResponseHead } from './response-head.ts';
import { basicCredentials, type ServerAddress, serverAddress } from './server-address.ts';

/** A connection on which the opening handshake is done. */
export interface OpenedConnection {
  /** Not started; its errors are heard already. */
  readonly stream: ByteStream;
  /** Bytes of frames that arrived behind the handshake. */
  readonly rest?: Buffer;
  /** The subprotocol agreed on, or ''. */
  readonly protocol: string;
  /** As in the field `Sec-WebSocket-Extensions`, or ''. */
  readonly extensions: string;
  /** The fields of the server's answer. */
  readonly headers: HeaderLookup;
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
  const extensions = deflate === undefined ? [] : [createOffer(deflate)];
  let offer: Offer = { protocols, extensions, requireProtocol: true };
  let hop = first;
  for (let redirects = 0; ; redirects += 1) {
    const reply = await ask(hop, offer, signal);
    if (maxRedirects > 0 && isRedirect(reply.head)) {
      reply.stream.destroy();
      const next = nextHop(hop, reply, maxRedirects - redirects);
      if (next.url.origin !== hop.url.origin) {
        offer = { ...offer, protocols: publicProtocols(offer.protocols) };
      }
      hop = next;
      continue;
    }
    const opened = openedBy(reply, offer);
    if (!(opened instanceof HandshakeError)) return opened;
    reply.stream.destroy();
    throw handshakeFailure(opened);
  }
}

interface Offer extends ClientOffer {
  readonly protocols: readonly string[];
  readonly extensions: readonly Extension[];
  readonly requireProtocol: boolean;
}

/** An answer, over HTTP/1.1 or HTTP/2. */
interface Reply {
  readonly head: UpgradeResponseHead;
  readonly stream: ByteStream;
  readonly rest?: Buffer;
  readonly agreement: Agreement | HandshakeError;
}

async function ask(hop: Hop, offer: Offer, signal: AbortSignal): Promise<Reply> {
  const address = serverAddress(hop.url);
  const fields = requestFields(hop);
  const { settings } = hop;
  if (settings.http2) {
    const { head, stream } = await exchangeOverHttp2(address, fields, { settings, offer, signal });
    return { head, stream: new Http2Stream(stream), agreement: checkExtendedConnectResponse(head, offer) };
  }
  // 4.1, item 7. "a nonce consisting of a randomly selected 16-byte value that has been base64-encoded […]. The nonce
  // MUST be selected randomly for each connection."
  const key = randomBytes(16).toString('base64');
  const answer = await exchange(hop, [...fields, ...requestHeaders({ ...offer, key })], signal);
  const { head, stream, rest } = answer;
  const agreement = checkUpgradeResponse(head, { ...offer, accept: acceptKey(key, sha1Base64) });
  return { head, stream: new DuplexStream(stream), rest, agreement };
}

function openedBy(
  { head: { headers }, stream, rest, agreement }: Reply,
  offer: Offer,
): OpenedConnection | HandshakeError {
  if (agreement instanceof HandshakeError) return agreement;
  const { protocol, extensions } = agreement;
  const [answered] = extensions;
  const [offered] = offer.extensions;
  const deflate =
    answered === undefined || offered === undefined ? undefined : checkAnswer(answered, offered);
  if (deflate instanceof HandshakeError) return deflate;
  const described = { protocol, extensions: serializeExtensions(extensions), headers, deflate };
  return { stream, ...(rest !== undefined && { rest }), ...described };
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
  if (route.type === 'agent') return exchangeOverAgent(address, fields, { route, url, settings, signal });
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

function nextHop(hop: Hop, { head }: Reply, redirectsLeft: number): Hop {
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
