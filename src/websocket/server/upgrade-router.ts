// Shares the requests for WebSockets of one http server among the WebSocket servers that are attached to it.

import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer, Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { ConnectRouter, notFound, pathOf } from './connect-router.ts';
import { Http1Exchange } from './http1-exchange.ts';
import type { AttachableServer } from './server-options.ts';

export interface UpgradeTaker {
  /** Whether requests for this path are this server's. */
  takes(path: string): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  handleExtendedConnect(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
}

/** How long the 404 may take to be read before the socket is cut. */
const LINGER_MS = 1_000;

const routers = new WeakMap<AttachableServer, UpgradeRouter>();

export class UpgradeRouter {
  readonly #server: AttachableServer;
  readonly #takers = new Set<UpgradeTaker>();
  readonly #connects: ConnectRouter | undefined;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#route(request, socket, head);

  /** The router of a server; there is one for each. */
  static of(server: AttachableServer): UpgradeRouter {
    let router = routers.get(server);
    if (router === undefined) {
      router = new UpgradeRouter(server);
      routers.set(server, router);
    }
    return router;
  }

  constructor(server: AttachableServer) {
    this.#server = server;
    if (isHttp2(server)) this.#connects = new ConnectRouter(server, (path) => this.#takerOf(path));
  }

  add(taker: UpgradeTaker): void {
    this.#takers.add(taker);
    if (this.#takers.size > 1) return;
    // An http2 server has upgrades too, with `allowHTTP1`.
    this.#server.on('upgrade', this.#onUpgrade);
    this.#connects?.start();
  }

  remove(taker: UpgradeTaker): void {
    this.#takers.delete(taker);
    if (this.#takers.size > 0) return;
    this.#server.removeListener('upgrade', this.#onUpgrade);
    this.#connects?.stop();
  }

  #takerOf(path: string): UpgradeTaker | undefined {
    for (const taker of this.#takers) {
      if (taker.takes(path)) return taker;
    }
    return undefined;
  }

  #route(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const taker = this.#takerOf(pathOf(request.url));
    if (taker !== undefined) {
      taker.handleUpgrade(request, socket, head);
      return;
    }
    // Somebody else's listener may know the path; only the last one to be asked answers.
    if (this.#server.listenerCount('upgrade') > 1) return;
    const deadline = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.on('close', () => clearTimeout(deadline));
    socket.on('error', () => socket.destroy());
    new Http1Exchange(socket).refuse(notFound);
  }
}

function isHttp2(server: AttachableServer): server is Http2Server | Http2SecureServer {
  return 'updateSettings' in server;
}
