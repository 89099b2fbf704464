// Shares the upgrade requests of one http server among the WebSocket servers that are attached to it.

import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { serializeRejection } from '../../protocol/index.ts';

export interface UpgradeTaker {
  /** Whether requests for this path are this server's. */
  takes(path: string): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

const routers = new WeakMap<HttpServer | HttpsServer, UpgradeRouter>();

export class UpgradeRouter {
  readonly #server: HttpServer | HttpsServer;
  readonly #takers = new Set<UpgradeTaker>();
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#route(request, socket, head);

  /** The router of an http server; there is one for each. */
  static of(server: HttpServer | HttpsServer): UpgradeRouter {
    let router = routers.get(server);
    if (router === undefined) {
      router = new UpgradeRouter(server);
      routers.set(server, router);
    }
    return router;
  }

  constructor(server: HttpServer | HttpsServer) {
    this.#server = server;
  }

  add(taker: UpgradeTaker): void {
    this.#takers.add(taker);
    if (this.#takers.size === 1) this.#server.on('upgrade', this.#onUpgrade);
  }

  remove(taker: UpgradeTaker): void {
    this.#takers.delete(taker);
    if (this.#takers.size === 0) this.#server.removeListener('upgrade', this.#onUpgrade);
  }

  #route(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path = ''] = (request.url ?? '').split('?', 1);
    for (const taker of this.#takers) {
      if (!taker.takes(path)) continue;
      taker.handleUpgrade(request, socket, head);
      return;
    }
    // Somebody else's listener may know the path; only the last one to be asked answers.
    if (this.#server.listenerCount('upgrade') > 1) return;
    socket.on('error', () => socket.destroy());
    socket.end(serializeRejection(404, [], 'No WebSocket is served at this path.'));
  }
}
