// The WebSocketStream object (https://github.com/whatwg/websockets/pull/48): a client's connection as streams.

import { CloseCode } from '../../protocol/index.ts';
import { ClientConnection, type ClientHandler } from '../client/client-connection.ts';
import { type ClientOptions, resolveClientOptions } from '../client/client-options.ts';
import type { Hop } from '../client/redirect.ts';
import type { FramedStream } from '../connection/framed-stream.ts';
import { ConnectionError } from '../errors.ts';
import type { ConnectionStream, WebSocketCloseInfo, WebSocketOpenInfo } from './connection-stream.ts';
import { type Agreed, MessageStreams } from './message-streams.ts';
import { checkProtocols, pageOrigin, urlRecord } from './url-record.ts';
import { checkCloseInfo, webSocketFailure } from './websocket-error.ts';

/** The extras of Node are those of `WebSocket`. */
export interface WebSocketStreamOptions extends ClientOptions {
  /** Subprotocols in order of preference. The server must choose one of them. */
  readonly protocols?: readonly string[];
  /** Gives up the opening handshake; once it is done, the signal has no effect. */
  readonly signal?: AbortSignal;
}

export class WebSocketStream implements ConnectionStream {
  readonly #url: string;
  readonly #client: StreamClient;

  /** Begins to connect at once. Throws as the constructor of `WebSocket` does. */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    const record = urlRecord(String(url));
    const protocols = Array.from(options.protocols ?? [], String);
    checkProtocols(protocols);
    const hop = { url: record, settings: resolveClientOptions(options, pageOrigin()) };
    this.#url = record.href;
    this.#client = new StreamClient(hop, protocols, options.signal);
  }

  get url(): string {
    return this.#url;
  }

  get opened(): Promise<WebSocketOpenInfo> {
    return this.#client.opened;
  }

  get closed(): Promise<WebSocketCloseInfo> {
    return this.#client.closed;
  }

  close(info: WebSocketCloseInfo = {}): void {
    this.#client.close(info);
  }
}

for (const name of ['url', 'opened', 'closed', 'close']) {
  Object.defineProperty(WebSocketStream.prototype, name, { enumerable: true });
}
Object.defineProperty(WebSocketStream.prototype, Symbol.toStringTag, {
  value: 'WebSocketStream',
  configurable: true,
});

/** What happens behind a WebSocketStream. */
class StreamClient implements ClientHandler {
  readonly opened: Promise<WebSocketOpenInfo>;
  readonly closed: Promise<WebSocketCloseInfo>;
  #connection: ClientConnection | undefined;
  #streams: MessageStreams | undefined;
  #failure: Error | undefined;
  #settleOpened: (outcome: Promise<WebSocketOpenInfo>) => void = () => undefined;
  #settleClosed: (outcome: Promise<WebSocketCloseInfo>) => void = () => undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.#connection?.abort(this.#signal?.reason);

  constructor(hop: Hop, protocols: readonly string[], signal: AbortSignal | undefined) {
    this.opened = new Promise((resolve) => {
      this.#settleOpened = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.opened.catch(() => undefined);
    this.closed.catch(() => undefined);
    this.#signal = signal;
    if (signal?.aborted) {
      this.#rejectBoth(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#abort);
    this.#connection = new ClientConnection(hop, protocols, this);
  }

  close(info: WebSocketCloseInfo): void {
    if (this.#streams !== undefined) {
      this.#streams.close(info);
      return;
    }
    checkCloseInfo(info);
    const message = 'close() was called before the connection was established';
    this.#connection?.abort(new ConnectionError('CONNECTION_CLOSED', message));
  }

  receiveOpen(framed: FramedStream, agreed: Agreed): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#streams = new MessageStreams(framed, agreed);
    this.#settleClosed(this.#streams.closed);
    this.#settleOpened(this.#streams.opened);
  }

  receiveMessage(data: string | Buffer): void {
    this.#streams?.receiveMessage(data);
  }

  receivePing(): void {}

  receivePong(): void {}

  receiveWritten(): void {
    this.#streams?.receiveWritten();
  }

  receiveDrain(): void {}

  receiveClosing(): void {}

  receiveError(error: Error): void {
    this.#failure = error;
    this.#streams?.receiveError(error);
  }

  receiveClosed(code: number, reason: string, wasClean: boolean): void {
    if (this.#streams !== undefined) {
      this.#streams.receiveClosed(code, reason, wasClean);
      return;
    }
    this.#signal?.removeEventListener('abort', this.#abort);
    const message = this.#failure?.message ?? 'the connection could not be opened';
    const failure = { message, closeCode: CloseCode.Abnormal, reason: '', cause: this.#failure };
    this.#rejectBoth(this.#signal?.aborted ? this.#signal.reason : webSocketFailure(failure));
  }

  #rejectBoth(reason: unknown): void {
    const rejected = Promise.reject(reason);
    this.#settleOpened(rejected);
    this.#settleClosed(rejected);
  }
}
