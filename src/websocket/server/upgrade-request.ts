// What an `upgrade` hook sees of a request, and what it can answer.

import type { IncomingMessage } from 'node:http';
import type { HeaderField, HeaderLookup, OpeningRequest } from '../../protocol/index.ts';

/** A request that asks for a WebSocket as it should (RFC 6455, section 4.2.1). */
export interface UpgradeRequest {
  /** Path and query as sent, such as `/chat?channel=42`. */
  readonly url: string;
  /** The path, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The host that the client asked for, with its port where it gave one. */
  readonly host: string;
  /** Names in lower case; fields that came several times are joined by `, `. */
  readonly headers: HeaderLookup;
  /** The subprotocols offered, in the client's order of preference. */
  readonly protocols: readonly string[];
  /** As a browser sends it; undefined for most other clients. */
  readonly origin: string | undefined;
  /** The address of the peer's end of the TCP connection. */
  readonly remoteAddress: string;
  /** Whether the connection is encrypted up to this process. */
  readonly isSecure: boolean;
  /** `'1.1'` for an upgrade, `'2.0'` for an extended CONNECT (RFC 8441). */
  readonly httpVersion: '1.1' | '2.0';
  /** Node's own request, when an upgrade came by an http server or `handleUpgrade`; never over HTTP/2. */
  readonly raw: IncomingMessage | undefined;
}

/** Accepts an upgrade. An empty object, or nothing, accepts with no subprotocol. */
export interface Acceptance<Data> {
  /** The value of `connection.data`. */
  readonly data?: Data;
  /** The subprotocol to speak: one of `request.protocols`. */
  readonly protocol?: string;
  /** More fields for the answer, such as `Set-Cookie`. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<HeaderField>;
}

/** Refuses an upgrade; made by `reject`. */
export class Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers: readonly HeaderField[];

  constructor(status: number, body: string, headers: readonly HeaderField[]) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** Refuses an upgrade with a status from 300 to 599; the connection is closed after the answer. Return it from the hook. */
export function reject(
  status: number,
  body = '',
  options: { readonly headers?: Readonly<Record<string, string>> | Iterable<HeaderField> } = {},
): Refusal {
  return new Refusal(status, body, headerFields(options.headers));
}

export function headerFields(headers: Acceptance<unknown>['headers']): HeaderField[] {
  if (headers === undefined) return [];
  return Symbol.iterator in headers ? [...headers] : Object.entries(headers);
}

/** The request as the hook sees it; the query is parsed only when it is asked for. */
export class OpenedRequest implements UpgradeRequest {
  readonly headers: HeaderLookup;
  readonly remoteAddress: string;
  readonly isSecure: boolean;
  readonly httpVersion: '1.1' | '2.0';
  readonly raw: IncomingMessage | undefined;
  readonly #opening: OpeningRequest;
  #query: URLSearchParams | undefined;

  constructor(
    opening: OpeningRequest,
    headers: HeaderLookup,
    exchange: Pick<UpgradeRequest, 'httpVersion' | 'remoteAddress' | 'isSecure' | 'raw'>,
  ) {
    this.#opening = opening;
    this.headers = headers;
    this.remoteAddress = exchange.remoteAddress;
    this.isSecure = exchange.isSecure;
    this.httpVersion = exchange.httpVersion;
    this.raw = exchange.raw;
  }

  get url(): string {
    const { path, query } = this.#opening;
    return query === '' ? path : `${path}?${query}`;
  }

  get path(): string {
    return this.#opening.path;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#opening.query);
    return this.#query;
  }

  get host(): string {
    return this.#opening.host;
  }

  get protocols(): readonly string[] {
    return this.#opening.protocols;
  }

  get origin(): string | undefined {
    return this.#opening.origin;
  }
}
