// One opening handshake on a server: from a request to a connection, or to a refusal that closes the socket.

import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import {
  acceptKey,
  acceptOffer,
  checkUpgradeRequest,
  type HandshakeRejection,
  type OpeningRequest,
  serializeExtensions,
  serializeRejection,
  serializeUpgradeResponse,
  type UpgradeRequestHead,
} from '../../protocol/index.ts';
import { timerWheel, type WheelEntry } from '../connection/timer-wheel.ts';
import { createMessageDeflate } from '../deflate/message-deflate.ts';
import { DuplexStream } from '../streams/duplex-stream.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerCore } from './server-core.ts';
import type { Decision } from './server-options.ts';
import {
  type Acceptance,
  headerFields,
  OpenedRequest,
  Refusal,
  type UpgradeRequest,
} from './upgrade-request.ts';

/** How long a refusal may take to be read before the socket is cut. */
const LINGER_MS = 1_000;

const sha1Base64 = (text: string): string => createHash('sha1').update(text).digest('base64');

export type UpgradeTransport = Pick<UpgradeRequest, 'remoteAddress' | 'isSecure' | 'raw'>;

/**
 * Owns a socket until it becomes a connection: whatever happens to the socket meanwhile, nothing is thrown and nothing
 * leaks. The socket is not read while the application decides, so that frames sent early wait in the kernel.
 */
export class OpeningHandshake<Data> implements WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  readonly #core: ServerCore<Data>;
  readonly #socket: Duplex;
  readonly #transport: UpgradeTransport;
  readonly #onGone = (): void => this.#finish();
  #isAdmitted = false;
  #isDone = false;

  constructor(core: ServerCore<Data>, socket: Duplex, transport: UpgradeTransport) {
    this.#core = core;
    this.#socket = socket;
    this.#transport = transport;
    // Before anything else: an error on a socket that nobody listens to would end the process.
    socket.on('error', this.#onGone);
    socket.on('close', this.#onGone);
    timerWheel.schedule(this, core.settings.handshakeTimeoutMs);
  }

  /** Counts the connection in, or refuses it. */
  admit(): boolean {
    const { admission } = this.#core;
    if (!this.#core.isAccepting) {
      this.refuse(503, 'The server is shutting down. Come back in a moment.', [['Retry-After', '1']]);
      return false;
    }
    if (!admission.enter(this.#transport.remoteAddress)) {
      this.refuse(503, 'The server has too many connections. Come back in a moment.', [['Retry-After', '5']]);
      return false;
    }
    this.#isAdmitted = true;
    return true;
  }

  /** Answers a request; `head` is what arrived behind it. */
  receiveRequest(request: UpgradeRequestHead, head: Buffer): void {
    const { settings, handlers } = this.#core;
    const opening = checkUpgradeRequest(request);
    if (opening.type === 'rejection') {
      this.reject(opening);
      return;
    }
    if (settings.path !== undefined && opening.path !== settings.path) {
      this.refuse(404, 'No WebSocket is served at this path.');
      return;
    }
    if (
      !settings.origins.allows({
        origin: opening.origin,
        host: opening.host,
        isSecure: this.#transport.isSecure,
      })
    ) {
      this.refuse(403, 'This page may not connect here: its origin is not allowed.');
      return;
    }
    if (handlers.upgrade === undefined) {
      this.#accept(opening, {}, head);
      return;
    }
    const upgradeRequest = new OpenedRequest(opening, { ...this.#transport, headers: request.headers });
    try {
      const decision = handlers.upgrade(upgradeRequest);
      if (isPromiseLike(decision)) {
        decision.then(
          (settled) => this.#conclude(opening, settled, head),
          (error: unknown) => this.#fail(error),
        );
      } else {
        this.#conclude(opening, decision, head);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  reject({ status, body, headers }: HandshakeRejection): void {
    this.refuse(status, body, headers);
  }

  /** Answers with an error and closes: bytes after the request are never parsed. */
  refuse(status: number, body: string, headers: Iterable<readonly [string, string]> = []): void {
    if (this.#isDone || this.#socket.destroyed) return;
    this.#socket.end(serializeRejection(status, headers, body));
    // What still arrives is read and forgotten, so that the answer is not lost in a reset.
    this.#socket.resume();
    timerWheel.schedule(this, LINGER_MS);
  }

  /** The handshake took too long, or its refusal was not read. */
  receiveDeadline(): void {
    this.#socket.destroy();
  }

  #conclude(opening: OpeningRequest, decision: Decision<Data>, head: Buffer): void {
    if (this.#isDone) return;
    try {
      if (decision instanceof Refusal) this.refuse(decision.status, decision.body, decision.headers);
      else this.#accept(opening, decision ?? {}, head);
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(opening: OpeningRequest, acceptance: Acceptance<Data>, head: Buffer): void {
    const { protocol = '' } = acceptance;
    const { settings } = this.#core;
    const deflate =
      settings.deflate === undefined ? undefined : acceptOffer(opening.extensions, settings.deflate);
    const extensions = deflate === undefined ? [] : [deflate.answer];
    const response = serializeUpgradeResponse({
      request: opening,
      accept: acceptKey(opening.key as string, sha1Base64),
      protocol,
      extensions,
      headers: headerFields(acceptance.headers),
    });
    const socket = this.#socket;
    const { remoteAddress } = this.#transport;
    this.#release();
    socket.write(response, 'latin1');
    const connection = new ServerConnection<Data>(new DuplexStream(socket), this.#core, {
      data: acceptance.data as Data,
      protocol,
      extensions: serializeExtensions(extensions),
      remoteAddress,
      deflate: deflate && createMessageDeflate('server', deflate.agreed, settings),
    });
    this.#core.add(connection);
    connection.start(head);
  }

  /** The hook failed: the peer learns nothing of it, the application all. */
  #fail(error: unknown): void {
    this.#core.report(error instanceof Error ? error : new Error(`the upgrade hook threw ${String(error)}`));
    this.refuse(500, 'The server could not decide about this request.');
  }

  /** Hands the socket on. */
  #release(): void {
    this.#isDone = true;
    timerWheel.cancel(this);
    this.#socket.removeListener('error', this.#onGone);
    this.#socket.removeListener('close', this.#onGone);
  }

  /** The socket is gone before it became a connection. */
  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    timerWheel.cancel(this);
    this.#socket.destroy();
    if (this.#isAdmitted) this.#core.admission.leave(this.#transport.remoteAddress);
  }
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
