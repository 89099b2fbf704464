// One opening handshake on a server: from a request to a connection, or to a refusal that closes what it came on.

import type { Duplex } from 'node:stream';
import {
  acceptOffer,
  type ExtendedConnectAnswer,
  type HandshakeRejection,
  type HeaderField,
  type HeaderLookup,
  type OpeningRequest,
  serializeExtensions,
} from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { timerWheel, type WheelEntry } from '../connection/timer-wheel.ts';
import { createMessageDeflate } from '../deflate/message-deflate.ts';
import { errorOf } from '../errors.ts';
import { forgetInput } from './forget-input.ts';
import { Visit } from './gate.ts';
import { sameText } from './same-text.ts';
import type { ConnectionIdentity } from './server-connection.ts';
import type { PendingHandshake, ServerCore } from './server-core.ts';
import type { Decision, WebSocketServerOptions } from './server-options.ts';
import {
  type Acceptance,
  headerFields,
  OpenedRequest,
  Refusal,
  type UpgradeRequest,
} from './upgrade-request.ts';

/** How long a refusal may take to be read before the socket is cut. */
const LINGER_MS = 1_000;

/** How a request is accepted: the request, and what was agreed of its offers. */
export type AcceptedRequest = ExtendedConnectAnswer & { readonly request: OpeningRequest };

export interface RefusedRequest {
  readonly status: number;
  readonly body: string;
  readonly headers: Iterable<HeaderField>;
}

/** One request and the answer to it, as HTTP/1.1 and HTTP/2 write them. All else about a handshake is the same. */
export interface HandshakeExchange
  extends Pick<UpgradeRequest, 'httpVersion' | 'remoteAddress' | 'isSecure' | 'raw'> {
  /** What the request came on. */
  readonly carrier: Duplex;
  /** Whether it cannot be answered, too late or out of turn. */
  readonly isGone: boolean;
  /**
   * Writes the answer that accepts, and gives the bytes that follow it. Throws `UsageError`, and writes nothing, for an
   * answer that cannot be written.
   */
  accept(answer: AcceptedRequest): ByteStream;
  /** Writes the answer that refuses, and ends our side. Throws `UsageError` as `accept` does. */
  refuse(refusal: RefusedRequest): void;
  /** Cuts the carrier. */
  destroy(): void;
}

/** What a handshake needs of the server that it is for. */
export type HandshakeOwner<Data> = Pick<
  ServerCore<Data>,
  'settings' | 'gate' | 'handshakes' | 'isAccepting' | 'open' | 'report'
> & { readonly handlers: Pick<WebSocketServerOptions<Data>, 'upgrade'> };

/**
 * Owns a carrier until it becomes a connection: whatever happens to it meanwhile, nothing is thrown and nothing leaks. It
 * is not read while the application decides, so that frames sent early wait in the kernel.
 */
export class OpeningHandshake<Data> implements WheelEntry, PendingHandshake {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  readonly #core: HandshakeOwner<Data>;
  readonly #exchange: HandshakeExchange;
  readonly #onGone = (): void => this.#finish();
  readonly #visit: Visit;
  /** A refusal that is held back. */
  #held: RefusedRequest | undefined;
  #hasAsked = false;
  /** A refusal is written: whatever is decided later comes too late. */
  #isRefused = false;
  #isDone = false;

  constructor(core: HandshakeOwner<Data>, exchange: HandshakeExchange) {
    this.#core = core;
    this.#exchange = exchange;
    this.#visit = new Visit(core.gate, exchange.remoteAddress);
    // Before anything else: an error on a stream that nobody listens to would end the process.
    exchange.carrier.on('error', this.#onGone);
    exchange.carrier.on('close', this.#onGone);
    timerWheel.schedule(this, core.settings.handshakeTimeoutMs);
    core.handshakes.add(this);
  }

  /** Counts the connection in, or refuses it; nothing more is to be done when this is false. */
  admit(): boolean {
    if (this.#exchange.isGone) {
      // Its `close` event may be over: nothing would ever count it out.
      this.#finish();
      return false;
    }
    if (!this.#core.isAccepting) {
      this.#refuseWhileClosing();
      return false;
    }
    const descriptor = this.#core.gate.checkDescriptor(this.#exchange.carrier);
    if (descriptor === 'free' && this.#visit.enter()) return true;
    if (descriptor === 'last') this.#exchange.destroy();
    else this.#refuseAsFull();
    return false;
  }

  /** Answers a request, once its form was checked; `head` is what arrived behind it. */
  receiveRequest(opening: OpeningRequest | HandshakeRejection, headers: HeaderLookup, head?: Buffer): void {
    const { settings, handlers } = this.#core;
    this.#hasAsked = true;
    if (!this.#visit.identify(headers.get('x-forwarded-for'))) {
      this.#refuseAsFull();
      return;
    }
    if (this.#visit.isBlocked()) {
      this.#answer(blocked);
      return;
    }
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
        isSecure: this.#exchange.isSecure,
      })
    ) {
      this.#core.gate.count('allowedOrigins');
      this.refuse(403, 'This page may not connect here: its origin is not allowed.');
      return;
    }
    if (handlers.upgrade === undefined) {
      this.#conclude(opening, undefined, head);
      return;
    }
    const { httpVersion, isSecure, raw } = this.#exchange;
    const remoteAddress = this.#visit.address;
    const upgradeRequest = new OpenedRequest(opening, headers, { httpVersion, remoteAddress, isSecure, raw });
    try {
      const decision = handlers.upgrade(upgradeRequest);
      if (isPromiseLike(decision)) {
        // Nothing more is read until the request is decided: frames sent early wait in the kernel.
        this.#exchange.carrier.pause();
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
  refuse(status: number, body: string, headers: Iterable<HeaderField> = []): void {
    if (this.#isDone || this.#isRefused || this.#exchange.isGone) return;
    const refusal = { status, body, headers };
    if (!isFailure(status) || !this.#visit.holdBack()) {
      this.#answer(refusal);
      return;
    }
    this.#isRefused = true;
    this.#held = refusal;
    // What still comes is read and forgotten: so it is noticed if nobody waits for the answer any more. Who only ends its
    // own side is one of those: it would keep its place, or have its answer sooner.
    this.#exchange.carrier.on('end', this.#onGone);
    forgetInput(this.#exchange.carrier);
    timerWheel.schedule(this, this.#core.settings.tarpitMs);
  }

  /** The server closes: a request that is being decided is refused, and a connection that has not asked is cut. */
  dismiss(): void {
    if (this.#held !== undefined) this.#answerHeld(this.#held);
    else if (this.#hasAsked) this.#refuseWhileClosing();
    else this.#exchange.destroy();
  }

  /** Gives the carrier back: what came on it was no request of ours. */
  withdraw(): void {
    this.#release();
    this.#visit.abandon();
  }

  #answer(refusal: RefusedRequest): void {
    this.#exchange.refuse(refusal);
    this.#isRefused = true;
    timerWheel.schedule(this, LINGER_MS);
  }

  #answerHeld(held: RefusedRequest): void {
    this.#held = undefined;
    this.#exchange.carrier.removeListener('end', this.#onGone);
    this.#visit.release();
    if (this.#exchange.isGone) {
      this.#exchange.destroy();
      return;
    }
    this.#isRefused = false;
    try {
      this.#answer(held);
    } catch (error) {
      this.#fail(error);
    }
  }

  #refuseAsFull(): void {
    const { handshakes, settings } = this.#core;
    // While many read their refusals, those who come then are not told; a stream costs no descriptor, and always is.
    const isCrowded = handshakes.size > 2 * settings.limits.maxHandshakes;
    if (isCrowded && this.#exchange.httpVersion === '1.1') this.#exchange.destroy();
    else
      this.refuse(503, 'The server has too many connections. Come back in a moment.', [['Retry-After', '5']]);
  }

  #refuseWhileClosing(): void {
    this.refuse(503, 'The server is shutting down. Come back in a moment.', [['Retry-After', '1']]);
  }

  /** The handshake took too long, or its refusal was not read; or it was held back long enough. */
  receiveDeadline(): void {
    if (this.#held !== undefined) {
      this.#answerHeld(this.#held);
      return;
    }
    if (!this.#isRefused) this.#core.gate.count('handshakeTimeoutMs');
    this.#exchange.destroy();
  }

  #conclude(opening: OpeningRequest, decision: Decision<Data>, head: Buffer | undefined): void {
    if (this.#isDone || this.#isRefused || this.#exchange.isGone) return;
    try {
      if (decision instanceof Refusal) this.refuse(decision.status, decision.body, decision.headers);
      else this.#accept(opening, decision ?? {}, head);
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(opening: OpeningRequest, acceptance: Acceptance<Data>, head: Buffer | undefined): void {
    // All of it is read before anything is written: a getter of the application's may throw.
    const { protocol = '', headers, data } = acceptance;
    const { settings } = this.#core;
    const deflate =
      settings.deflate === undefined ? undefined : acceptOffer(opening.extensions, settings.deflate);
    const extensions = deflate === undefined ? [] : [deflate.answer];
    const stream = this.#exchange.accept({
      request: opening,
      protocol,
      extensions,
      headers: headerFields(headers),
    });
    this.#release();
    this.#visit.settle();
    const identity: ConnectionIdentity<Data> = {
      data: data as Data,
      protocol,
      extensions: sameText(serializeExtensions(extensions)),
      remoteAddress: this.#visit.address,
      deflate: deflate && createMessageDeflate('server', deflate.agreed, settings),
    };
    this.#core.open(stream, identity, head);
  }

  /** The hook failed: the peer learns nothing of it, the application all. */
  #fail(error: unknown): void {
    this.#core.report(errorOf(error, 'the upgrade hook'));
    this.refuse(500, 'The server could not decide about this request.');
  }

  /** Hands the carrier on. */
  #release(): void {
    this.#isDone = true;
    this.#core.handshakes.delete(this);
    timerWheel.cancel(this);
    const { carrier } = this.#exchange;
    carrier.removeListener('error', this.#onGone);
    carrier.removeListener('close', this.#onGone);
  }

  /** The carrier is gone before it became a connection. */
  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#core.handshakes.delete(this);
    timerWheel.cancel(this);
    this.#exchange.destroy();
    this.#visit.abandon();
  }
}

const blocked: RefusedRequest = {
  status: 429,
  body: 'Too many requests from this address were refused. Come back in a minute.',
  headers: [['Retry-After', '60']],
};

/** Whether it was the client's fault. Who asks for a page, as those do who look whether we are alive, did no wrong. */
function isFailure(status: number): boolean {
  return status >= 400 && status < 500 && status !== 426;
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
