// The client's side of one connection: opens it within its deadline, then hands it on as a framed stream.

import { CloseCode, type HeaderLookup } from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { FramedStream, type FramedStreamHandler } from '../connection/framed-stream.ts';
import { timerWheel, type WheelEntry } from '../connection/timer-wheel.ts';
import { createMessageDeflate } from '../deflate/message-deflate.ts';
import { ConnectionError, errorOf } from '../errors.ts';
import { type OpenedConnection, openConnection } from './opening-handshake.ts';
import type { Hop } from './redirect.ts';
import { describe } from './stream-wait.ts';

/** What the server agreed to, as the application reads it. */
export interface Opened {
  /** The subprotocol, or ''. */
  readonly protocol: string;
  /** As in the field `Sec-WebSocket-Extensions`, or ''. */
  readonly extensions: string;
  /** The fields of the server's answer. */
  readonly headers: HeaderLookup;
  /** What carries the connection; the framed stream reads and writes it. */
  readonly stream: ByteStream;
}

/** What a client's connection calls; `receiveClosed` is the last call, whether the connection ever opened or not. */
export interface ClientHandler extends FramedStreamHandler {
  /** The opening handshake is done. Messages that came right behind it follow within the same turn of the event loop. */
  receiveOpen(framed: FramedStream, opened: Opened): void;
}

/** Opens a connection as soon as it is made. It never calls its handler from its constructor. */
export class ClientConnection implements WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  readonly #hop: Hop;
  readonly #handler: ClientHandler;
  readonly #controller = new AbortController();

  constructor(hop: Hop, protocols: readonly string[], handler: ClientHandler) {
    this.#hop = hop;
    this.#handler = handler;
    timerWheel.schedule(this, hop.settings.handshakeTimeoutMs);
    openConnection(hop, protocols, this.#controller.signal).then(
      (connection) => this.#open(connection),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Gives up the opening handshake, with the reason that the handler shall receive. Has no effect once it is done. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  receiveDeadline(): void {
    const { settings, url } = this.#hop;
    this.abort(
      new ConnectionError(
        'HANDSHAKE_TIMEOUT',
        `the opening handshake with ${url.host} took longer than ${settings.handshakeTimeoutMs} ms (handshakeTimeoutMs)`,
      ),
    );
  }

  #open(opened: OpenedConnection): void {
    const { stream, rest, deflate } = opened;
    timerWheel.cancel(this);
    const { signal } = this.#controller;
    if (signal.aborted) {
      stream.destroy();
      this.#fail(signal.reason);
      return;
    }
    const { settings } = this.#hop;
    const framed = new FramedStream(stream, this.#handler, {
      role: 'client',
      settings,
      deflate: deflate && createMessageDeflate('client', deflate, settings),
    });
    this.#handler.receiveOpen(framed, opened);
    framed.start(rest);
  }

  #fail(error: unknown): void {
    timerWheel.cancel(this);
    this.#handler.receiveError(error instanceof ConnectionError ? error : unexpectedFailure(error));
    this.#handler.receiveClosed(CloseCode.Abnormal, '', false);
  }
}

/** Node throws at once what it finds wrong with some options, such as an agent for http where https is asked for. */
function unexpectedFailure(cause: unknown): ConnectionError {
  const reason = describe(errorOf(cause, 'it'));
  return new ConnectionError('CONNECTION_FAILED', `the connection could not be opened: ${reason}`, { cause });
}
