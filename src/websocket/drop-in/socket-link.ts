// What happens behind a WebSocket of this door: its states, and the events that it emits.

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Opcode, ProtocolError } from '../../protocol/index.ts';
import { ClientConnection, type ClientHandler, type Opened } from '../client/client-connection.ts';
import type { RequestObserver } from '../client/client-options.ts';
import type { Hop } from '../client/redirect.ts';
import type { FramedStream } from '../connection/framed-stream.ts';
import { PauseReason } from '../connection/pause-reason.ts';
import { ConnectionError } from '../errors.ts';
import { DuplexStream } from '../streams/duplex-stream.ts';
import { type BinaryType, shapedBinary } from './binary-type.ts';
import { isUnexpectedAnswer, shapedError } from './error-shape.ts';
import { type SendCallback, SendCallbacks } from './send-callbacks.ts';
import { throwLater } from './throw-later.ts';

export const ReadyState = Object.freeze({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const);
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

/** The WebSocket, as far as this is concerned. */
export interface Emitter {
  emit(event: string, ...values: unknown[]): boolean;
  listenerCount(event: string): number;
}

export interface Attached {
  readonly carrier: Duplex | undefined;
  readonly protocol: string;
  readonly extensions: string;
}

/** What `send` was given, once it is text or bytes. */
export interface Outgoing {
  readonly data: string | Uint8Array | Blob;
  readonly compress: boolean | undefined;
  readonly callback: SendCallback | undefined;
}

export class SocketLink implements ClientHandler, RequestObserver {
  readyState: ReadyState = ReadyState.CONNECTING;
  protocol = '';
  extensions = '';
  binaryType: BinaryType = 'nodebuffer';
  isPaused = false;
  /** Whether the closing handshake was completed. */
  wasClean = false;
  carrier: Duplex | undefined;
  /** Called before each request of the opening handshake is sent; `true` when it will be ended elsewhere. */
  prepareRequest: ((request: ClientRequest, url: URL) => boolean) | undefined;
  /** Called when the connection is gone, before the event `close`. */
  onGone: (() => void) | undefined;
  readonly #emitter: Emitter;
  readonly #callbacks = new SendCallbacks();
  #connection: ClientConnection | undefined;
  #framed: FramedStream | undefined;
  /** Whether a listener has the answer of a server that does not accept. */
  #isAnswered = false;
  #hasAskedForWritten = false;
  /** Bytes that were given to `send` too late. */
  #unsentBytes = 0;

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  get bufferedAmount(): number {
    return (this.#framed?.bufferedAmount ?? 0) + this.#unsentBytes;
  }

  connect(hop: Hop, protocols: readonly string[]): void {
    this.#connection = new ClientConnection(hop, protocols, this);
  }

  /** The opening handshake is done. */
  attach(framed: FramedStream, { carrier, protocol, extensions }: Attached): void {
    this.#framed = framed;
    this.carrier = carrier;
    this.protocol = protocol;
    this.extensions = extensions;
    this.readyState = ReadyState.OPEN;
    this.#emit('open');
  }

  send({ data, compress, callback }: Outgoing): void {
    const framed = this.#framed;
    if (this.readyState !== ReadyState.OPEN || framed === undefined) {
      this.#refuse(data instanceof Blob ? data.size : Buffer.byteLength(data), callback);
      return;
    }
    const isCounted = callback !== undefined || !this.#callbacks.isEmpty;
    const bytesBefore = isCounted ? framed.bufferedAmount : 0;
    if (typeof data === 'string') framed.sendText(data, compress);
    else if (data instanceof Blob) framed.sendBlob(data, compress);
    else framed.sendBinary(data, compress);
    if (isCounted) this.#accept(framed, bytesBefore, callback);
  }

  sendControl(
    opcode: typeof Opcode.Ping | typeof Opcode.Pong,
    payload: Uint8Array,
    callback: SendCallback | undefined,
  ): void {
    const framed = this.#framed;
    if (this.readyState !== ReadyState.OPEN || framed === undefined) {
      this.#refuse(payload.length, callback);
      return;
    }
    const bytesBefore = framed.bufferedAmount;
    framed.sendPingOrPong(opcode, payload);
    this.#accept(framed, bytesBefore, callback);
  }

  close(code: number | undefined, reason: string | undefined): void {
    if (this.readyState === ReadyState.CONNECTING) this.#giveUp();
    if (this.readyState !== ReadyState.OPEN) return;
    this.#framed?.close(code, reason);
    this.readyState = ReadyState.CLOSING;
  }

  terminate(): void {
    if (this.readyState === ReadyState.CLOSED) return;
    if (this.readyState === ReadyState.CONNECTING) {
      this.#giveUp();
      return;
    }
    this.readyState = ReadyState.CLOSING;
    this.#framed?.terminate();
  }

  pause(): void {
    if (this.readyState === ReadyState.CONNECTING || this.readyState === ReadyState.CLOSED) return;
    this.isPaused = true;
    this.#framed?.pause(PauseReason.Application);
  }

  resume(): void {
    if (this.readyState === ReadyState.CONNECTING || this.readyState === ReadyState.CLOSED) return;
    this.isPaused = false;
    this.#framed?.resume(PauseReason.Application);
  }

  receiveRequest(request: ClientRequest, url: URL): boolean {
    let isEndedElsewhere = false;
    throwLater(() => {
      isEndedElsewhere = this.prepareRequest?.(request, url) === true;
    });
    return isEndedElsewhere;
  }

  receiveUpgrade(response: IncomingMessage): void {
    this.#emit('upgrade', response);
  }

  receiveResponse(request: ClientRequest, response: IncomingMessage): boolean {
    if (this.#emitter.listenerCount('unexpected-response') === 0) return false;
    this.#isAnswered = true;
    this.#emit('unexpected-response', request, response);
    return true;
  }

  receiveOpen(framed: FramedStream, { protocol, extensions, stream }: Opened): void {
    const carrier = stream instanceof DuplexStream ? stream.carrier : undefined;
    this.attach(framed, { carrier, protocol, extensions });
  }

  receiveMessage(data: string | Buffer, isBinary: boolean): void {
    const shaped = typeof data === 'string' ? Buffer.from(data) : shapedBinary(data, this.binaryType);
    this.#emit('message', shaped, isBinary);
  }

  receivePing(payload: Buffer): void {
    this.#emit('ping', payload);
  }

  receivePong(payload: Buffer): void {
    this.#emit('pong', payload);
  }

  receiveWritten(): void {
    if (this.#framed === undefined || this.#callbacks.isEmpty) return;
    throwLater(() => {
      if (this.#callbacks.release(this.bufferedAmount - this.#unsentBytes)) this.#askForWritten();
    });
  }

  receiveDrain(): void {}

  receiveClosing(): void {
    if (this.readyState === ReadyState.OPEN) this.readyState = ReadyState.CLOSING;
  }

  receiveError(error: ProtocolError | ConnectionError): void {
    this.readyState = ReadyState.CLOSING;
    // Whoever has the answer knows; and the rest of it may have been left to lie until the time was up.
    if (this.#isAnswered && (isUnexpectedAnswer(error) || error.code === 'HANDSHAKE_TIMEOUT')) return;
    this.#emit('error', shapedError(error));
  }

  receiveClosed(code: number, reason: string, wasClean: boolean): void {
    this.readyState = ReadyState.CLOSED;
    this.wasClean = wasClean;
    throwLater(() => this.#callbacks.close(wasClean ? undefined : this.#notOpen()));
    this.onGone?.();
    this.#emit('close', code, Buffer.from(reason));
  }

  #accept(framed: FramedStream, bytesBefore: number, callback: SendCallback | undefined): void {
    this.#callbacks.accept(bytesBefore, framed.bufferedAmount, callback);
    if (callback !== undefined) this.#askForWritten();
  }

  /** Asks once for all that is sent until the current work is done. */
  #askForWritten(): void {
    if (this.#hasAskedForWritten) return;
    this.#hasAskedForWritten = true;
    queueMicrotask(() => {
      this.#hasAskedForWritten = false;
      this.#framed?.requestWritten();
    });
  }

  #refuse(bytes: number, callback: SendCallback | undefined): void {
    this.#unsentBytes += bytes;
    if (callback !== undefined) process.nextTick(callback, this.#notOpen());
  }

  #notOpen(): Error {
    const { readyState } = this;
    const name = Object.entries(ReadyState).find(([, value]) => value === readyState)?.[0];
    return new Error(`WebSocket is not open: readyState ${readyState} (${name})`);
  }

  #giveUp(): void {
    this.readyState = ReadyState.CLOSING;
    const reason = new ConnectionError(
      'CONNECTION_CLOSED',
      'WebSocket was closed before the connection was established',
    );
    if (this.#framed === undefined) this.#connection?.abort(reason);
    else this.#framed.terminate();
  }

  #emit(event: string, ...values: unknown[]): void {
    throwLater(() => this.#emitter.emit(event, ...values));
  }
}
