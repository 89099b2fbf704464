// A request of the client under test over HTTP/2: an extended CONNECT (RFC 8441), or a plain GET.

import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { agreeWithClient, dropShare, judgeDrop } from './client-opening.ts';
import { type ClientRequest, type OpenedClient, sendOnly } from './client-request.ts';
import type { Case, Http2Answer } from './script/case.ts';
import { failed, skipped, strict } from './script/verdict.ts';
import { type DeflateParameters, formatDeflate } from './wire/deflate.ts';
import { frame } from './wire/frame.ts';
import { WireConnection } from './wire/wire-connection.ts';

/** What is wrong with an extended CONNECT, by RFC 8441, 4 and 5. What HTTP/2 itself forbids, Node has refused. */
export function whatIsWrongWithConnect(headers: IncomingHttpHeaders): string | undefined {
  if (headers[':protocol'] !== 'websocket') return `:protocol is "${headers[':protocol']}" (RFC 8441, 5)`;
  if (headers[':scheme'] === undefined) return 'the request has no :scheme (RFC 8441, 4)';
  if (headers[':path'] === undefined) return 'the request has no :path (RFC 8441, 4)';
  if (headers[':authority'] === undefined) return 'the request has no :authority (RFC 8441, 5)';
  if (headers['sec-websocket-version'] !== '13') return 'the version is not 13 (RFC 6455, 4.1, 9)';
  return undefined;
}

export class Http2Request implements ClientRequest {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream;
    this.#headers = headers;
  }

  get target(): string {
    return this.#headers[':path'] ?? '/';
  }

  async open(each: Case, deadlineMs: number): Promise<OpenedClient> {
    const wrong = whatIsWrongWithConnect(this.#headers);
    if (wrong !== undefined) {
      this.refuse();
      return { outcome: failed(wrong), connection: undefined };
    }
    const { http2Answer } = each;
    if (http2Answer !== undefined) return this.#answerAs(http2Answer, deadlineMs * dropShare);
    const offered = this.#headers['sec-websocket-extensions']?.toString();
    const agreed = each.deflate && agreeWithClient(each.deflate, offered);
    if (typeof agreed === 'string') {
      const connection = this.#accept(undefined);
      connection.send(frame.close(1000));
      await connection.next(deadlineMs * dropShare);
      return { outcome: skipped(agreed), connection: undefined };
    }
    return { outcome: strict, connection: this.#accept(agreed) };
  }

  async answer(text: string, deadlineMs: number): Promise<void> {
    if (this.#headers[':method'] === 'CONNECT') {
      await sendOnly(this.#accept(undefined), text, deadlineMs);
      return;
    }
    this.#stream.respond({ ':status': 200, 'content-type': 'application/json' });
    this.#stream.end(text);
    await once(this.#stream, 'close');
  }

  refuse(): void {
    if (!this.#stream.destroyed) this.#stream.respond({ ':status': 404 }, { endStream: true });
  }

  #accept(deflate: DeflateParameters | undefined): WireConnection {
    return this.#respond({ status: 200 }, deflate);
  }

  async #answerAs(answer: Http2Answer, dropMs: number): Promise<OpenedClient> {
    if (answer.reset !== undefined) {
      this.#stream.close(answer.reset);
      return { outcome: strict, connection: undefined };
    }
    if (answer.interim !== undefined) this.#stream.additionalHeaders({ ':status': answer.interim });
    const connection = this.#respond(answer, undefined);
    if (answer.expect === 'accepted') return { outcome: strict, connection };
    const outcome = await judgeDrop(connection, { expect: answer.expect, options: {} }, dropMs);
    return { outcome, connection: undefined };
  }

  #respond(
    { status, headers }: Pick<Http2Answer, 'status' | 'headers'>,
    deflate: DeflateParameters | undefined,
  ): WireConnection {
    const extensions = deflate && { 'sec-websocket-extensions': formatDeflate(deflate) };
    // The client may have gone already.
    if (!this.#stream.destroyed) this.#stream.respond({ ':status': status, ...extensions, ...headers });
    return new WireConnection(this.#stream, { suiteIs: 'server', deflate, head: Buffer.alloc(0) });
  }
}
