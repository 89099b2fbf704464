// One HTTP/2 session to a server, shared by sockets: connects, learns what the server allows, closes when nobody uses it.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ConnectionError } from '../errors.ts';
import { widenSession } from '../streams/session-window.ts';
import type { ClientSettings } from './client-options.ts';
import { dial } from './dial.ts';
import type { ServerAddress } from './server-address.ts';
import { describe } from './stream-wait.ts';

export type SessionSettings = Pick<ClientSettings, 'route' | 'tls' | 'tcp'>;

/** What a server may send on one stream before anybody has read of it. */
const STREAM_WINDOW_BYTES = 256 * 1024;

/**
 * Node resets every new stream of a session that holds more than this, in MB. What waits on each socket has a limit of its
 * own, `maxQueuedBytes`, so that one with a long message must not keep others from being opened.
 */
const MAX_SESSION_MEGABYTES = 2048;

const sessionOptions: ClientSessionOptions = {
  maxSessionMemory: MAX_SESSION_MEGABYTES,
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
};

export class SharedSession {
  readonly settings: SessionSettings;
  /** Resolves when streams can be opened; rejects with a `ConnectionError` if that will never be. */
  readonly ready: Promise<void>;
  readonly #peer: string;
  readonly #onRetired: () => void;
  readonly #controller = new AbortController();
  #session: ClientHttp2Session | undefined;
  /** Sockets that wait for the session or have a stream on it. */
  #users = 0;
  #streams = 0;
  #isRetired = false;

  /** `onRetired` is called once, when no further socket may use it. */
  constructor(address: ServerAddress, settings: SessionSettings, onRetired: () => void) {
    this.settings = settings;
    this.#peer = `${address.host}:${address.port}`;
    this.#onRetired = onRetired;
    this.ready = this.#open(address);
    // Those who wait for it hear of it; when all of them have given up, nobody need.
    this.ready.catch(() => this.#retire());
  }

  /** Whether a further stream would be more than the server allows at a time. */
  get isFull(): boolean {
    return this.#session !== undefined && this.#streams >= maxStreams(this.#session);
  }

  /** Counts a socket in: the session stays while it has one. */
  enter(): void {
    this.#users += 1;
  }

  leave(): void {
    this.#users -= 1;
    // Not from inside an event: Node must not be told to end a session in which it is resetting a stream.
    setImmediate(() => {
      if (this.#users === 0) this.#retire();
    });
  }

  /** Opens a stream for a socket that was counted in, and counts it out when that closes; undefined if it is too late. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream | undefined {
    const session = this.#session;
    if (session === undefined || this.#isRetired || session.closed || session.destroyed) return undefined;
    if (maxStreams(session) === 0) throw this.#refusal('it allows no streams at all');
    if (this.isFull) return undefined;
    const stream = session.request(headers, { endStream: false });
    this.#streams += 1;
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#streams -= 1;
      this.leave();
    });
    return stream;
  }

  async #open(address: ServerAddress): Promise<void> {
    const { signal } = this.#controller;
    const { route } = this.settings;
    if (route.type === 'agent') throw new TypeError('an agent opens no sessions');
    const socket = await dial(address, route, { settings: this.settings, signal, alpnProtocol: 'h2' });
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      socket.destroy();
      throw this.#refusal('it did not choose HTTP/2 (ALPN)');
    }
    await this.#begin(address, socket);
  }

  /** RFC 8441, 3. A client must not ask before the server's settings have said that it may. */
  #begin(address: ServerAddress, socket: Duplex): Promise<void> {
    // A session does not outlive the server's side of the TCP connection: streams have an end of their own.
    socket.allowHalfOpen = false;
    const scheme = address.isSecure ? 'https' : 'http';
    return new Promise((resolve, reject) => {
      const session = connect(`${scheme}://${address.authority}`, {
        ...sessionOptions,
        createConnection: () => socket,
      });
      this.#session = session;
      session.on('connect', () => widenSession(session));
      session.on('remoteSettings', ({ enableConnectProtocol }) => {
        if (enableConnectProtocol === true) resolve();
        else reject(this.#refusal('it does not allow extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL)'));
      });
      session.on('error', (cause) => {
        reject(
          new ConnectionError(
            'CONNECTION_FAILED',
            `the HTTP/2 session with ${this.#peer} failed: ${describe(cause)}; does it speak HTTP/2?`,
            { cause },
          ),
        );
      });
      session.on('goaway', () => this.#retire());
      session.on('close', () => {
        this.#retire();
        reject(
          new ConnectionError(
            'CONNECTION_FAILED',
            `${this.#peer} ended the connection before an HTTP/2 session was begun; does it speak HTTP/2?`,
          ),
        );
      });
    });
  }

  #retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#onRetired();
    this.#controller.abort(
      new ConnectionError('CONNECTION_CLOSED', 'nobody waits for the connection any more'),
    );
    const session = this.#session;
    // Streams that are still open keep it until they are closed.
    if (session !== undefined) setImmediate(() => session.close());
  }

  #refusal(why: string): ConnectionError {
    return new ConnectionError(
      'HANDSHAKE_FAILED',
      `${this.#peer} takes no WebSockets over HTTP/2: ${why} (RFC 8441, section 3); leave http2 out`,
    );
  }
}

function maxStreams(session: ClientHttp2Session): number {
  return session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
}
