// An opening handshake over HTTP/1.1: an upgrade request on a socket, and the answer to it (RFC 6455, section 4.2.2).

import { createHash, hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  acceptKey,
  type HeaderLookup,
  serializeRejection,
  serializeUpgradeResponse,
} from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { DuplexStream } from '../streams/duplex-stream.ts';
import { forgetInput } from './forget-input.ts';
import type { AcceptedRequest, HandshakeExchange, RefusedRequest } from './opening-handshake.ts';

/** `crypto.hash` does it in one call, where the runtime has it. */
const sha1Base64 =
  typeof hash === 'function'
    ? (text: string): string => hash('sha1', text, 'base64')
    : (text: string): string => createHash('sha1').update(text).digest('base64');

export class Http1Exchange implements HandshakeExchange {
  readonly httpVersion = '1.1';
  readonly carrier: Duplex;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly raw: IncomingMessage | undefined;

  constructor(socket: Duplex, raw?: IncomingMessage) {
    this.carrier = socket;
    this.remoteAddress = (socket as Partial<Socket>).remoteAddress ?? '';
    this.isSecure = 'encrypted' in socket && socket.encrypted === true;
    this.raw = raw;
  }

  get isGone(): boolean {
    return this.carrier.destroyed || (this.raw !== undefined && owesOtherAnswer(this.carrier, this.raw));
  }

  accept({ request, protocol, extensions, headers }: AcceptedRequest): ByteStream {
    const accept = acceptKey(request.key as string, sha1Base64);
    const answer = serializeUpgradeResponse({ request, accept, protocol, extensions, headers });
    this.carrier.write(answer, 'latin1');
    return new DuplexStream(this.carrier);
  }

  refuse({ status, body, headers }: RefusedRequest): void {
    this.carrier.end(serializeRejection(status, headers, body));
    forgetInput(this.carrier);
  }

  destroy(): void {
    this.carrier.destroy();
  }
}

/**
 * Whether an http server of Node's has yet to answer an earlier request on this socket: what it writes later would stand
 * between frames. RFC 9112, 9.3.2. "A server […] MUST send the corresponding responses in the same order".
 */
function owesOtherAnswer(socket: Duplex, request: IncomingMessage): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  // Frameworks put a response of their own there, for this request.
  return response !== undefined && response !== null && response.req !== request;
}

/** All values of a field count: two Host fields must not look like one. */
export function lookupIn({ headersDistinct }: IncomingMessage): HeaderLookup {
  return {
    get: (name) => (Object.hasOwn(headersDistinct, name) ? headersDistinct[name]?.join(', ') : undefined),
  };
}
