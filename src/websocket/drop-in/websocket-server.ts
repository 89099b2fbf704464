// The server of the `ws` package, on our own opening handshake.

import { EventEmitter } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkUpgradeRequest } from '../../protocol/index.ts';
import { ProcessBudget, SharedBudget } from '../connection/shared-budget.ts';
import { ProcessAdmission } from '../server/admission.ts';
import { pathOf } from '../server/connect-router.ts';
import { Gate } from '../server/gate.ts';
import { Http1Exchange } from '../server/http1-exchange.ts';
import { OpeningHandshake } from '../server/opening-handshake.ts';
import type { PendingHandshake } from '../server/server-core.ts';
import type { CountedLimit } from '../server/server-counters.ts';
import { PendingUpgrade } from './pending-upgrade.ts';
import { fieldsOf } from './request-fields.ts';
import { type ServerOptions, serverSettings, type WebSocketClass } from './server-options.ts';
import { accepted, type DecisionMaker, verified } from './upgrade-decision.ts';
import { linkOf, WebSocket } from './websocket.ts';

/** What the emitter of a server emits. */
export interface ServerEvents<Socket extends WebSocket = WebSocket> {
  connection: [socket: Socket, request: IncomingMessage];
  /** The lines of an answer that accepts; lines that are added are sent. */
  headers: [lines: string[], request: IncomingMessage];
  /** A request that asks for a WebSocket as it should not. Whoever listens answers it. */
  wsClientError: [error: Error, socket: Duplex, request: IncomingMessage];
  listening: [];
  error: [error: Error];
  close: [];
}

/** Gets the WebSocket of an accepted request. */
export type UpgradeCallback<Socket> = (socket: Socket, request: IncomingMessage) => void;

type State = 'running' | 'closing' | 'closed';

export class WebSocketServer<Socket extends WebSocket = WebSocket> extends EventEmitter<
  ServerEvents<WebSocket>
> {
  readonly options: ServerOptions<Socket>;
  /** The connections that are not closed; undefined with `clientTracking: false`. */
  readonly clients: Set<Socket> | undefined;
  readonly #settings: ReturnType<typeof serverSettings>;
  readonly #gate: Gate;
  readonly #budget: SharedBudget;
  readonly #handshakes = new Set<PendingHandshake>();
  readonly #server: HttpServer | HttpsServer | undefined;
  readonly #stopListening: () => void;
  #state: State = 'running';

  /** `callback` is called when the own port is listening. Throws `TypeError` on options that cannot be. */
  constructor(options: ServerOptions<Socket> = {}, callback?: () => void) {
    super();
    const { port, server, noServer } = options;
    const isOwn = port !== undefined && port !== null;
    if ([isOwn, Boolean(server), Boolean(noServer)].filter(Boolean).length !== 1) {
      throw new TypeError(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    }
    this.options = { maxPayload: 100 * 1024 * 1024, clientTracking: true, path: null, ...options };
    this.#settings = serverSettings(options);
    // `ws` knows no caps and no budgets: its connections, and what they hold, do not count among those of other servers, and
    // none of them has to let go.
    this.#gate = new Gate(this.#settings, (error) => process.emitWarning(error), new ProcessAdmission());
    const owner = { count: (limit: CountedLimit) => this.#gate.count(limit), connections: [] };
    this.#budget = new SharedBudget(this.#settings.limits, owner, new ProcessBudget());
    this.clients = options.clientTracking === false ? undefined : new Set();
    this.#server = isOwn ? createServer(answerUpgradeRequired) : (server ?? undefined);
    this.#stopListening = this.#server === undefined ? () => undefined : this.#listenTo(this.#server);
    if (isOwn) this.#server?.listen({ port, host: options.host, backlog: options.backlog }, callback);
  }

  /** Where it listens; null when it does not. Throws with `noServer`. */
  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error('The server is operating in "noServer" mode');
    return this.#state === 'running' ? (this.#server?.address() ?? null) : null;
  }

  /** Takes no new connections. Those that are open stay; `close` is emitted when all are gone. */
  close(callback?: (error?: Error) => void): void {
    if (callback !== undefined) {
      const error = this.#state === 'closed' ? new Error('The server is not running') : undefined;
      this.once('close', () => callback(error));
    }
    if (this.#state === 'closed') process.nextTick(() => this.emit('close'));
    if (this.#state !== 'running') return;
    this.#state = 'closing';
    this.#stopListening();
    if (this.options.noServer || this.options.server) process.nextTick(() => this.#finishClosing());
    else this.#server?.close(() => this.#finishClosing());
  }

  /** Whether a request is for this server. Meant to be overridden. */
  shouldHandle(request: IncomingMessage): boolean {
    const { path } = this.options;
    return !path || pathOf(request.url) === path;
  }

  /** Takes an upgrade request over, with its socket. `callback` gets the WebSocket if the request is accepted. */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback<Socket>,
  ): void {
    this.#begin({ request, socket, head, callback }, verified);
  }

  /** As `handleUpgrade`, without `verifyClient`. What was read of the request before is read again. */
  completeUpgrade(
    _extensions: unknown,
    _key: unknown,
    _protocols: unknown,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback<Socket>,
  ): void {
    this.#begin({ request, socket, head, callback }, accepted);
  }

  #begin(upgrade: Upgrade<Socket>, decide: typeof verified): void {
    const { request, socket, head, callback } = upgrade;
    const headers = fieldsOf(request);
    const { method = '', httpVersion, url: target = '' } = request;
    const opening = checkUpgradeRequest({ method, httpVersion, target, headers });
    if (opening.type === 'rejection' && this.listenerCount('wsClientError') > 0) {
      // Whoever answers need not expect that the client is gone.
      socket.on('error', () => socket.destroy());
      this.emit('wsClientError', new Error(opening.body), socket, request);
      return;
    }
    const maker: DecisionMaker = {
      options: this.options,
      receiveHeaders: (lines) => this.emit('headers', lines, request),
    };
    let webSocket: Socket;
    const context = {
      settings: this.#settings,
      gate: this.#gate,
      budget: this.#budget,
      handshakes: this.#handshakes,
      isAccepting: this.#state === 'running',
    };
    const pending = new PendingUpgrade(context, {
      carrier: socket,
      decide: (asked) => decide(asked, request, maker),
      createLink: () => {
        webSocket = this.#createSocket();
        return webSocket[linkOf];
      },
      deliver: () => callback(webSocket, request),
    });
    const handshake = new OpeningHandshake(pending, new Http1Exchange(socket, request));
    // What an http server set for requests does not hold for connections.
    (socket as Partial<NetSocket>).setTimeout?.(0);
    (socket as Partial<NetSocket>).setNoDelay?.(true);
    if (!handshake.admit()) return;
    if (opening.type === 'request' && !this.shouldHandle(request)) {
      handshake.refuse(400, 'No WebSocket is served at this path.');
    } else {
      handshake.receiveRequest(opening, headers, head);
    }
  }

  #createSocket(): Socket {
    const { WebSocket: Class = WebSocket as unknown as WebSocketClass<Socket> } = this.options;
    const socket = new Class(null, undefined, this.options);
    const { clients } = this;
    clients?.add(socket);
    socket[linkOf].onGone = () => {
      clients?.delete(socket);
      if (this.#state === 'closing' && clients?.size === 0) process.nextTick(() => this.#finishClosing());
    };
    return socket;
  }

  /** Emits `close`, unless connections are left. */
  #finishClosing(): void {
    if (this.#state !== 'closing' || (this.clients?.size ?? 0) > 0) return;
    this.#state = 'closed';
    this.emit('close');
  }

  #listenTo(server: HttpServer | HttpsServer): () => void {
    const onListening = (): void => {
      this.emit('listening');
    };
    const onError = (error: Error): void => {
      this.emit('error', error);
    };
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      this.handleUpgrade(request, socket, head, (webSocket) => this.emit('connection', webSocket, request));
    };
    server.on('listening', onListening);
    server.on('error', onError);
    server.on('upgrade', onUpgrade);
    return () => {
      server.removeListener('listening', onListening);
      server.removeListener('error', onError);
      server.removeListener('upgrade', onUpgrade);
    };
  }
}

interface Upgrade<Socket> {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly callback: UpgradeCallback<Socket>;
}

/** The own port serves nothing but WebSockets. */
const answerUpgradeRequired: Parameters<typeof createServer>[1] = (_request, response) => {
  response.writeHead(426, { 'Content-Type': 'text/plain', Connection: 'Upgrade', Upgrade: 'websocket' });
  response.end('Upgrade Required');
};
