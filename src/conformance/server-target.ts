// The server under test: opens bare connections to it, over TCP, TLS or a stream of HTTP/2.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Case } from './script/case.ts';
import { judgeAcceptance, judgeExtensions, judgeOpening, type Opened } from './script/judge-opening.ts';
import { request, writeOpening } from './script/opening.ts';
import { acceptable, failed, type Outcome, strict } from './script/verdict.ts';
import { formatDeflate } from './wire/deflate.ts';
import { readHead } from './wire/http-head.ts';

export interface ServerTargetOptions {
  /** A `ws:` or `wss:` address of an echo server. */
  readonly url: string;
  /** Uses extended CONNECT over HTTP/2 (RFC 8441). @default false */
  readonly http2?: boolean;
  /** Accepts any certificate. @default false */
  readonly insecure?: boolean;
}

export interface OpenedConnection extends Opened {
  readonly stream: Duplex;
  readonly head: Buffer;
  /** Ends everything that belongs to the connection. */
  release(): void;
}

export class ServerTarget {
  readonly #url: URL;
  readonly #options: ServerTargetOptions;

  constructor(options: ServerTargetOptions) {
    this.#url = new URL(options.url);
    this.#options = options;
  }

  get transport(): 'http/1.1' | 'http/2' {
    return this.#options.http2 ? 'http/2' : 'http/1.1';
  }

  /** Asks whether the server agrees to permessage-deflate at all. Rejects when nothing listens at the address. */
  async speaksDeflate(deadlineMs: number): Promise<boolean> {
    const probe: Case = { id: 'probe', section: '', title: '', deflate: {}, play: [] };
    const opened = await this.open(probe, deadlineMs);
    opened.release();
    return opened.open && opened.deflate !== undefined;
  }

  open(each: Case, deadlineMs: number): Promise<OpenedConnection> {
    return this.#options.http2 ? this.#openHttp2(each, deadlineMs) : this.#openHttp1(each, deadlineMs);
  }

  async #openHttp1(each: Case, deadlineMs: number): Promise<OpenedConnection> {
    const socket = await this.#connect(['http/1.1']);
    const key = randomBytes(16).toString('base64');
    const offer = each.deflate && formatDeflate(each.deflate);
    const plain = offer === undefined ? request() : request().with('Sec-WebSocket-Extensions', offer);
    const opening = each.request;
    const bytes = (opening?.head ?? plain).serialize(
      new Map([
        ['path', `${this.#url.pathname}${this.#url.search}`],
        ['host', this.#url.host],
        ['key', key],
      ]),
    );
    const answer = readHead(socket, deadlineMs);
    await writeOpening(socket, bytes, opening ?? {});
    const result = await answer;
    const opened =
      opening === undefined ? judgeAcceptance(result, key, each.deflate) : judgeOpening(result, key, opening);
    return {
      ...opened,
      stream: socket,
      head: result.type === 'head' ? result.rest : Buffer.alloc(0),
      release: () => socket.destroy(),
    };
  }

  async #openHttp2(each: Case, deadlineMs: number): Promise<OpenedConnection> {
    const secure = this.#url.protocol === 'wss:';
    const session = http2.connect(`${secure ? 'https' : 'http'}://${this.#url.host}`, {
      rejectUnauthorized: !this.#options.insecure,
    });
    session.on('error', () => {}); // What breaks the session also ends its streams, where it is judged.
    const signal = AbortSignal.timeout(deadlineMs);
    if (!session.remoteSettings?.enableConnectProtocol) await once(session, 'remoteSettings', { signal });
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': secure ? 'https' : 'http',
      ':path': `${this.#url.pathname}${this.#url.search}`,
      ':authority': this.#url.host,
      'sec-websocket-version': '13',
      ...(each.deflate && { 'sec-websocket-extensions': formatDeflate(each.deflate) }),
      ...each.http2?.headers,
    });
    stream.on('error', () => {}); // WireConnection sees it as the end of the connection.
    const [headers] = (await once(stream, 'response', { signal })) as [
      http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader,
    ];
    const connection = { stream, head: Buffer.alloc(0), release: () => session.destroy() };
    const status = headers[':status'];
    const refusals = each.http2?.expect ?? 'accepted';
    if (refusals !== 'accepted' || status !== 200) {
      return { outcome: judgeStatus(status, refusals), open: false, deflate: undefined, ...connection };
    }
    const extensions = headers['sec-websocket-extensions'];
    return { ...judgeExtensions(extensions?.toString(), each.deflate), ...connection };
  }

  async #connect(alpn: string[]): Promise<net.Socket> {
    const secure = this.#url.protocol === 'wss:';
    const host = this.#url.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = Number(this.#url.port || (secure ? 443 : 80));
    const socket = secure
      ? tls.connect({
          host,
          port,
          ALPNProtocols: alpn,
          rejectUnauthorized: !this.#options.insecure,
          ...(net.isIP(host) === 0 ? { servername: host } : {}),
        })
      : net.connect({ host, port, allowHalfOpen: true });
    await once(socket, secure ? 'secureConnect' : 'connect');
    socket.on('error', () => {}); // WireConnection and readHead see it as the end of the connection.
    socket.setNoDelay(true);
    return socket;
  }
}

function judgeStatus(status: number | undefined, expected: 'accepted' | readonly number[]): Outcome {
  if (expected === 'accepted') return failed(`the server answered :status ${status} (RFC 8441, 5)`);
  if (status === 200) return failed('the server accepted the extended CONNECT');
  if (status !== undefined && expected.includes(status)) return strict;
  return acceptable(`:status ${status} instead of ${expected.join(' or ')}`);
}
