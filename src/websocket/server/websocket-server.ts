// A WebSocket server: on its own port, attached to an http server, or handed requests by a framework.

import type { IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CloseCode, checkUpgradeRequest, serializeClosePayload, UsageError } from '../../protocol/index.ts';
import { checkWhole } from '../connection/check-whole.ts';
import type { Connection } from '../connection/connection.ts';
import type { BinaryData } from '../connection/message-data.ts';
import { PreparedMessage } from '../connection/prepared-message.ts';
import { ConnectionError } from '../errors.ts';
import { Http1Exchange, lookupIn } from './http1-exchange.ts';
import { checkHeaders, Http2Exchange, headersOf } from './http2-exchange.ts';
import { Listener } from './listener.ts';
import { OpeningHandshake } from './opening-handshake.ts';
import { ServerCore } from './server-core.ts';
import type { CountedLimit, ServerCounters } from './server-counters.ts';
import { resolveServerOptions, serverDefaults, type WebSocketServerOptions } from './server-options.ts';
import { UpgradeRouter, type UpgradeTaker } from './upgrade-router.ts';

export interface CloseOptions {
  /** How long connections may take to say goodbye before they are cut, in milliseconds. @default 10_000 */
  readonly timeoutMs?: number;
  /** @default 1001 (going away) */
  readonly code?: number;
  /** @default 'the server is shutting down' */
  readonly reason?: string;
}

/** How a server's connections ended when it closed. */
export interface CloseReport {
  /** Ended by a closing handshake, or by themselves. */
  readonly closed: number;
  /** Cut because they did not answer in time. */
  readonly terminated: number;
}

export interface BroadcastOptions<Data> {
  /** Leaves these out. */
  readonly except?: Connection<Data> | Iterable<Connection<Data>>;
}

export class WebSocketServer<Data = unknown> implements UpgradeTaker {
  /**
   * Resolves when the own port is listening. Rejects with a `ConnectionError` (`LISTEN_FAILED`) when it cannot be
   * listened on; the `error` handler gets it too, if there is one. Resolves at once where there is no own port.
   */
  readonly listening: Promise<void>;
  readonly #core: ServerCore<Data>;
  readonly #listener: Listener<Data> | undefined;
  readonly #router: UpgradeRouter | undefined;
  #closing: Promise<CloseReport> | undefined;

  constructor(options: WebSocketServerOptions<Data> = {}) {
    this.#core = new ServerCore(resolveServerOptions(options), options);
    this.#core.gate.counts.onLimit = listenerOf(options, (error) => this.#core.report(error));
    if (options.port === undefined) {
      this.listening = Promise.resolve();
    } else {
      this.#listener = new Listener(this.#core, {
        tls: options.tls,
        receiveStream:
          options.http2 === true
            ? (stream, headers) => this.handleExtendedConnect(stream, headers)
            : undefined,
      });
      this.listening = this.#listen(this.#listener, options);
    }
    if (options.server !== undefined) {
      this.#router = UpgradeRouter.of(options.server);
      this.#router.add(this);
    }
  }

  /** The open connections, and those that are closing. */
  get connections(): ReadonlySet<Connection<Data>> {
    return this.#core.connections;
  }

  /**
   * How often each limit was reached, and each option that refuses or cuts, by its name: a snapshot. Those that say how
   * fast, or how much at once, count how often a connection had to wait.
   */
  get counters(): ServerCounters {
    return this.#core.gate.counts.snapshot();
  }

  /** Where the own port listens; undefined before it does, and where there is none. */
  address(): AddressInfo | undefined {
    const address = this.#listener?.server.address();
    return typeof address === 'object' && address !== null ? address : undefined;
  }

  /** Sends a message to every connection; it is serialised once. */
  broadcast(data: string | BinaryData | PreparedMessage, options: BroadcastOptions<Data> = {}): void {
    const message = data instanceof PreparedMessage ? data : new PreparedMessage(data);
    const excluded = exclusion(options.except);
    for (const connection of this.#core.connections) {
      if (excluded?.has(connection) !== true) connection.send(message);
    }
  }

  /**
   * Takes an upgrade request over from an http server's `upgrade` event. The socket is this server's from here on,
   * whatever is answered.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const handshake = new OpeningHandshake(this.#core, new Http1Exchange(socket, request));
    // What an http server set for requests does not hold for connections.
    (socket as Partial<Socket>).setTimeout?.(0);
    (socket as Partial<Socket>).setNoDelay?.(true);
    if (!handshake.admit()) return;
    const { method = '', httpVersion, url: target = '' } = request;
    const headers = lookupIn(request);
    handshake.receiveRequest(checkUpgradeRequest({ method, httpVersion, target, headers }), headers, head);
  }

  /**
   * Takes a request over HTTP/2 (RFC 8441) over from an http2 server's `stream` event. The server must have been created
   * with `settings: { enableConnectProtocol: true }`. The stream is this server's from here on, whatever is answered.
   * Throws `UsageError` for a stream that has been answered.
   */
  handleExtendedConnect(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (stream.headersSent) {
      throw new UsageError('the stream was given an answer before: hand it over without one');
    }
    const handshake = new OpeningHandshake(this.#core, new Http2Exchange(stream));
    // What an http2 server set for requests does not hold for connections.
    stream.setTimeout(0);
    if (!handshake.admit()) return;
    const lookup = headersOf(headers);
    handshake.receiveRequest(checkHeaders(headers, lookup), lookup);
  }

  /** Whether requests for this path are this server's. */
  takes(path: string): boolean {
    const wanted = this.#core.settings.path;
    return wanted === undefined || wanted === path;
  }

  /**
   * Shuts down: takes no new connection, sends every open one a Close, waits for the answers, and cuts those that do not
   * answer in time. Handshakes under way are refused with 503. An http server that this one is attached to goes on.
   * Calling it again gives the same promise. Throws `UsageError` on a code or reason that must not be sent.
   */
  close(options: CloseOptions = {}): Promise<CloseReport> {
    const {
      timeoutMs = 10_000,
      code = CloseCode.GoingAway,
      reason = 'the server is shutting down',
    } = options;
    checkWhole('timeoutMs', timeoutMs, 0, 2 ** 31 - 1);
    serializeClosePayload(code, reason);
    this.#closing ??= this.#close({ timeoutMs, code, reason });
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close({ timeoutMs, code, reason }: Required<CloseOptions>): Promise<CloseReport> {
    const core = this.#core;
    core.isAccepting = false;
    this.#router?.remove(this);
    const unlistened = this.#unlisten();
    const total = core.connections.size;
    for (const handshake of core.handshakes) handshake.dismiss();
    for (const connection of core.connections) connection.close(code, reason);
    const stragglers = await this.#emptied(timeoutMs);
    await unlistened;
    return { closed: total - stragglers, terminated: stragglers };
  }

  /** Frees the own port. Resolves when every socket that was accepted there is gone. */
  async #unlisten(): Promise<void> {
    // What has not begun to listen yet would begin after this.
    await this.listening.catch(() => undefined);
    await this.#listener?.close();
  }

  /** Waits until no connection is left; cuts those that remain after `timeoutMs`, and says how many they were. */
  #emptied(timeoutMs: number): Promise<number> {
    const core = this.#core;
    if (core.connections.size === 0) return Promise.resolve(0);
    return new Promise((resolve) => {
      let stragglers = 0;
      const timer = setTimeout(() => {
        stragglers = core.connections.size;
        for (const connection of core.connections) connection.terminate();
      }, timeoutMs);
      core.onEmpty = () => {
        clearTimeout(timer);
        resolve(stragglers);
      };
    });
  }

  #listen({ server: listener }: Listener<Data>, options: WebSocketServerOptions<Data>): Promise<void> {
    const { port, host = serverDefaults.host, backlog = serverDefaults.backlog } = options;
    const listening = new Promise<void>((resolve, reject) => {
      listener.once('error', (cause: NodeJS.ErrnoException) => {
        const error = new ConnectionError('LISTEN_FAILED', listenFailure(cause, host, port), { cause });
        if (options.error !== undefined) this.#core.report(error);
        reject(error);
      });
      listener.listen({ port, host, backlog }, () => {
        listener.removeAllListeners('error');
        listener.on('error', (error) => this.#core.report(error));
        resolve();
      });
    });
    // Whoever has an `error` handler need not look at the promise.
    if (options.error !== undefined) listening.catch(() => undefined);
    return listening;
  }
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number | undefined): string {
  const where = `${host}:${port}`;
  switch (cause.code) {
    case 'EADDRINUSE':
      return `${where} is taken by another program: stop that, or choose another port`;
    case 'EACCES':
      return `${where} may not be listened on: choose a port above 1023, or run with more rights`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine: try 127.0.0.1, or 0.0.0.0 for all`;
    default:
      return `${where} cannot be listened on: ${cause.message}`;
  }
}

/** What the application wants to be told of limits. What it throws must not harm the connection that reached one. */
function listenerOf<Data>(
  options: WebSocketServerOptions<Data>,
  report: (error: Error) => void,
): ((limit: CountedLimit) => void) | undefined {
  if (options.limitReached === undefined) return undefined;
  return (limit) => {
    try {
      options.limitReached!(limit);
    } catch (error) {
      report(error instanceof Error ? error : new Error(`the limitReached hook threw ${String(error)}`));
    }
  };
}

function exclusion<Data>(
  except: BroadcastOptions<Data>['except'],
): ReadonlySet<Connection<Data>> | undefined {
  if (except === undefined) return undefined;
  return new Set(Symbol.iterator in except ? except : [except]);
}
