// An opening handshake over HTTP/2: an extended CONNECT on a stream, and the answer to it (RFC 8441, section 5).

import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import {
  checkExtendedConnect,
  extendedConnectAnswer,
  extendedConnectRefusal,
  type HandshakeRejection,
  type HeaderField,
  type HeaderLookup,
  type OpeningRequest,
} from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { Http2Stream, resetStream } from '../streams/http2-stream.ts';
import type { AcceptedRequest, HandshakeExchange, RefusedRequest } from './opening-handshake.ts';

export class Http2Exchange implements HandshakeExchange {
  readonly httpVersion = '2.0';
  readonly carrier: ServerHttp2Stream;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly raw = undefined;

  constructor(stream: ServerHttp2Stream) {
    this.carrier = stream;
    const { session } = stream;
    this.remoteAddress = session?.socket?.remoteAddress ?? '';
    this.isSecure = session?.encrypted === true;
  }

  get isGone(): boolean {
    return this.carrier.destroyed || this.carrier.closed;
  }

  accept(answer: AcceptedRequest): ByteStream {
    this.carrier.respond(outgoing(extendedConnectAnswer(answer)));
    return new Http2Stream(this.carrier);
  }

  refuse({ status, body, headers }: RefusedRequest): void {
    const { carrier } = this;
    const { fields, content } = extendedConnectRefusal(status, headers, body);
    carrier.respond(outgoing(fields));
    carrier.end(content);
    carrier.resume();
    // RFC 9113, 8.1. After a complete answer, a server asks with NO_ERROR to be spared the rest of the request. Not from
    // inside an event: Node sends at once what waits, and loops for ever if another stream is just being reset.
    carrier.on('finish', () => setImmediate(() => carrier.close(constants.NGHTTP2_NO_ERROR)));
  }

  destroy(): void {
    resetStream(this.carrier);
  }
}

/** The fields of a request over HTTP/2; those whose names begin with a colon are not among them. */
export function headersOf(headers: IncomingHttpHeaders): HeaderLookup {
  return {
    get: (name) => {
      if (name.startsWith(':') || !Object.hasOwn(headers, name)) return undefined;
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

/** Checks the form of a request that came by HTTP/2. */
export function checkHeaders(
  headers: IncomingHttpHeaders,
  lookup: HeaderLookup,
): OpeningRequest | HandshakeRejection {
  return checkExtendedConnect({
    method: headers[':method'] ?? '',
    protocol: headers[':protocol'] as string | undefined,
    scheme: headers[':scheme'],
    path: headers[':path'],
    authority: headers[':authority'],
    headers: lookup,
  });
}

/** Node takes an object; fields of the same name become one array. */
function outgoing(fields: readonly HeaderField[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.create(null);
  for (const [name, value] of fields) {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
  }
  return headers;
}
