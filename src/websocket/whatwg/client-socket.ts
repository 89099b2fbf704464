// What happens behind a WebSocket object: its states, and the tasks that fire its events
// (WHATWG WebSockets, section 4, "Feedback from the protocol").

import { Opcode, type ProtocolError } from '../../protocol/index.ts';
import { ClientConnection, type ClientHandler, type Opened } from '../client/client-connection.ts';
import type { Hop } from '../client/redirect.ts';
import type { FramedStream } from '../connection/framed-stream.ts';
import { PauseReason } from '../connection/pause-reason.ts';
import { ConnectionError } from '../errors.ts';
import { BufferedAmount } from './buffered-amount.ts';
import { CloseEvent, WebSocketErrorEvent } from './events.ts';
import { TaskQueue } from './task-queue.ts';

export const ReadyState = Object.freeze({ Connecting: 0, Open: 1, Closing: 2, Closed: 3 } as const);
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

export type BinaryType = 'blob' | 'arraybuffer';

export class ClientSocket implements ClientHandler {
  readyState: ReadyState = ReadyState.Connecting;
  protocol = '';
  extensions = '';
  binaryType: BinaryType = 'blob';
  readonly #target: EventTarget;
  readonly #origin: string;
  readonly #connection: ClientConnection;
  readonly #tasks = new TaskQueue((isBusy) => this.#gather(isBusy));
  readonly #buffered = new BufferedAmount(() => this.#framed?.bufferedAmount ?? 0);
  /** Set once the opening handshake is done, which is before the state says so. */
  #framed: FramedStream | undefined;
  /** Why the connection failed; then `error` is fired before `close`. */
  #failure: Error | undefined;
  #isTerminated = false;

  constructor(target: EventTarget, hop: Hop, protocols: readonly string[]) {
    this.#target = target;
    this.#origin = hop.url.origin;
    this.#connection = new ClientConnection(hop, protocols, this);
  }

  get bufferedAmount(): number {
    return this.#buffered.value;
  }

  sendText(text: string): void {
    const byteLength = Buffer.byteLength(text);
    const result = this.#openFramed?.sendText(text) ?? 'closed';
    this.#count(byteLength, result);
  }

  sendBytes(bytes: Uint8Array): void {
    const result = this.#openFramed?.sendBinary(bytes) ?? 'closed';
    this.#count(bytes.length, result);
  }

  sendBlob(blob: Blob): void {
    const result = this.#openFramed?.sendBlob(blob) ?? 'closed';
    this.#count(blob.size, result);
  }

  ping(payload: Uint8Array): void {
    this.#openFramed?.sendPingOrPong(Opcode.Ping, payload);
  }

  pong(payload: Uint8Array): void {
    this.#openFramed?.sendPingOrPong(Opcode.Pong, payload);
  }

  /** "close the WebSocket"; code and reason are checked already. */
  close(code: number | undefined, reason: string | undefined): void {
    switch (this.readyState) {
      case ReadyState.Closing:
      case ReadyState.Closed:
        return;
      case ReadyState.Connecting:
        this.#giveUp('close');
        return;
      case ReadyState.Open:
        this.readyState = ReadyState.Closing;
        this.#framed?.close(code, reason);
        return;
      default:
        this.readyState satisfies never;
    }
  }

  terminate(): void {
    if (this.readyState === ReadyState.Closed) return;
    if (this.readyState === ReadyState.Connecting) {
      this.#giveUp('terminate');
      return;
    }
    this.readyState = ReadyState.Closing;
    this.#isTerminated = true;
    this.#framed?.terminate();
  }

  pause(): void {
    this.#tasks.hold();
    this.#framed?.pause(PauseReason.Application);
  }

  resume(): void {
    this.#tasks.release();
    this.#framed?.resume(PauseReason.Application);
  }

  receiveOpen(framed: FramedStream, { protocol, extensions }: Opened): void {
    this.#framed = framed;
    this.#tasks.queue(() => {
      if (this.readyState !== ReadyState.Connecting) return;
      this.readyState = ReadyState.Open;
      this.protocol = protocol;
      this.extensions = extensions;
      this.#target.dispatchEvent(new Event('open'));
    });
  }

  receiveChunk(): void {
    this.#tasks.beginTurn();
  }

  receiveMessage(data: string | Buffer): void {
    if (this.readyState > ReadyState.Open) return;
    this.#tasks.runOrQueue(() => {
      if (this.readyState !== ReadyState.Open) return;
      const content = typeof data === 'string' ? data : this.#binary(data);
      this.#target.dispatchEvent(new MessageEvent('message', { data: content, origin: this.#origin }));
    });
  }

  receivePing(payload: Buffer): void {
    this.#fireControl('ping', payload);
  }

  receivePong(payload: Buffer): void {
    this.#fireControl('pong', payload);
  }

  receiveWritten(): void {
    this.#buffered.refresh();
  }

  receiveDrain(): void {
    this.#buffered.refresh();
  }

  receiveClosing(): void {
    this.#tasks.queue(() => {
      if (this.readyState === ReadyState.Open) this.readyState = ReadyState.Closing;
    });
  }

  receiveError(error: ProtocolError | ConnectionError): void {
    this.#failure = error;
  }

  receiveClosed(code: number, reason: string, wasClean: boolean): void {
    this.#buffered.close();
    this.#framed = undefined;
    // RFC 6455, 7.2.1. "If at any point the underlying transport layer connection is unexpectedly lost, the client MUST
    // Fail the WebSocket Connection."
    if (!wasClean && !this.#isTerminated) {
      this.#failure ??= new ConnectionError(
        'CONNECTION_FAILED',
        'the connection was lost: it ended without a closing handshake',
      );
    }
    this.#tasks.queue(() => {
      this.readyState = ReadyState.Closed;
      if (this.#failure !== undefined) {
        this.#target.dispatchEvent(new WebSocketErrorEvent('error', this.#failure));
      }
      this.#target.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
    });
  }

  /** Where messages go; undefined when "the WebSocket closing handshake is started" or before it is established. */
  get #openFramed(): FramedStream | undefined {
    return this.readyState === ReadyState.Open ? this.#framed : undefined;
  }

  #count(byteLength: number, result: 'sent' | 'queued' | 'refused' | 'closed'): void {
    if (result === 'sent' || result === 'queued') this.#buffered.add(byteLength);
    else this.#buffered.addForever(byteLength);
  }

  /** "If the WebSocket connection is not yet established: Fail the WebSocket connection". */
  #giveUp(method: string): void {
    this.readyState = ReadyState.Closing;
    const reason = new ConnectionError(
      'CONNECTION_CLOSED',
      `${method}() was called before the connection was established`,
    );
    if (this.#framed === undefined) {
      this.#connection.abort(reason);
    } else {
      this.#failure = reason;
      this.#framed.terminate();
    }
  }

  /** What one batch of tasks sends leaves in one write. */
  #gather(isBusy: boolean): void {
    if (isBusy) this.#framed?.gather();
    else this.#framed?.releaseGathered();
  }

  #fireControl(type: 'ping' | 'pong', payload: Buffer): void {
    const data = new Uint8Array(payload);
    this.#tasks.runOrQueue(() => {
      if (this.readyState !== ReadyState.Open) return;
      this.#target.dispatchEvent(new MessageEvent(type, { data, origin: this.#origin }));
    });
  }

  #binary(bytes: Buffer): Blob | ArrayBuffer {
    if (this.binaryType === 'blob') return new Blob([bytes]);
    const { buffer, byteOffset, byteLength } = bytes;
    // A long message that was joined lies in a buffer of its own, which nobody else holds.
    if (byteLength === buffer.byteLength) return buffer as ArrayBuffer;
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  }
}
