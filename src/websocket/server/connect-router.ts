// Finds the extended CONNECTs among the requests of an http2 server, and the WebSocket server that each is for.

import type { IncomingMessage } from 'node:http';
import type {
  Http2SecureServer,
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { checkHeaders, Http2Exchange, headersOf } from './http2-exchange.ts';
import type { RefusedRequest } from './opening-handshake.ts';

export interface ConnectTaker {
  handleExtendedConnect(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}

/** Nobody is attached for the path of a request. */
export const notFound: RefusedRequest = Object.freeze({
  status: 404,
  body: 'No WebSocket is served at this path.',
  headers: [],
});

export class ConnectRouter {
  readonly #server: Http2Server | Http2SecureServer;
  readonly #takerOf: (path: string) => ConnectTaker | undefined;
  readonly #onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void =>
    this.#route(stream, headers);

  /**
   * Node answers a CONNECT with 405 if the server has `request` listeners and nobody listens for `connect`: this is here
   * so that it does not.
   */
  readonly #onConnect = (
    request: Http2ServerRequest | IncomingMessage,
    response: Http2ServerResponse | Duplex,
  ): void => {
    if (this.#server.listenerCount('connect') > 1) return;
    // Over HTTP/1.1, with `allowHTTP1`, there is a socket in the place of a response.
    if (!('stream' in request)) response.destroy();
  };

  constructor(server: Http2Server | Http2SecureServer, takerOf: (path: string) => ConnectTaker | undefined) {
    this.#server = server;
    this.#takerOf = takerOf;
  }

  start(): void {
    const server = this.#server;
    // RFC 8441, 3. Without SETTINGS_ENABLE_CONNECT_PROTOCOL no client may ask. It is sent when a session begins.
    server.updateSettings({ enableConnectProtocol: true });
    server.on('stream', this.#onStream);
    server.on('connect', this.#onConnect);
  }

  stop(): void {
    this.#server.removeListener('stream', this.#onStream);
    this.#server.removeListener('connect', this.#onConnect);
  }

  #route(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // Somebody else's listener was asked before, and has answered.
    if (stream.headersSent) return;
    const isWebSocket = headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket';
    const taker = isWebSocket ? this.#takerOf(pathOf(headers[':path'])) : undefined;
    if (taker !== undefined) {
      taker.handleExtendedConnect(stream, headers);
      return;
    }
    // Only the last one to be asked answers.
    if (this.#hasOthersFor(headers)) return;
    stream.on('error', () => undefined);
    const exchange = new Http2Exchange(stream);
    if (exchange.isGone) return;
    const opening = checkHeaders(headers, headersOf(headers));
    exchange.refuse(opening.type === 'rejection' ? opening : notFound);
  }

  /** Whether another listener may know what to do with a request. */
  #hasOthersFor(headers: IncomingHttpHeaders): boolean {
    const server = this.#server;
    const streamListeners = server.listenerCount('stream') - 1;
    if (headers[':method'] !== 'CONNECT') return streamListeners > 0;
    // Where there are `request` listeners, one of those for streams is Node's own, which turns a CONNECT into a `connect`.
    const ownListeners = server.listenerCount('request') > 0 ? 1 : 0;
    return streamListeners > ownListeners || server.listenerCount('connect') > 1;
  }
}

/** The path of a target, without its query. */
export function pathOf(target: string | undefined): string {
  const [path = ''] = (target ?? '').split('?', 1);
  return path;
}
