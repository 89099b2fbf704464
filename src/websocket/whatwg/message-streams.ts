// A framed stream as a pair of WHATWG streams of messages, with backpressure both ways down to the TCP window.

import {
  ReadableStream,
  type ReadableStreamDefaultController,
  WritableStream,
  type WritableStreamDefaultController,
} from 'node:stream/web';
import { DrainWaiters } from '../connection/drain-waiters.ts';
import type { FramedStream } from '../connection/framed-stream.ts';
import { bytesOf } from '../connection/message-data.ts';
import { PauseReason } from '../connection/pause-reason.ts';
import type {
  ConnectionStream,
  ReceivedMessage,
  SentMessage,
  WebSocketCloseInfo,
  WebSocketOpenInfo,
} from './connection-stream.ts';
import { checkCloseInfo, WebSocketError, webSocketFailure } from './websocket-error.ts';

/** Bytes of messages that wait for the reader, and after which the socket is not read any more. */
const READ_AHEAD_BYTES = 64 * 1024;
/** What an empty message counts for, so that a flood of them is felt. */
const MESSAGE_COST_BYTES = 64;
/** A write is done when no more bytes than this wait for the network: enough to keep it busy. */
const WRITE_AHEAD_BYTES = 64 * 1024;

/** What the opening handshake agreed on. */
export type Agreed = Pick<WebSocketOpenInfo, 'protocol' | 'extensions'>;

export class MessageStreams implements ConnectionStream {
  readonly opened: Promise<WebSocketOpenInfo>;
  readonly closed: Promise<WebSocketCloseInfo>;
  readonly #framed: FramedStream;
  readonly #waiters = new DrainWaiters();
  #settleClosed: ((outcome: WebSocketCloseInfo | WebSocketError) => void) | undefined;
  #reading: ReadableStreamDefaultController<ReceivedMessage> | undefined;
  #writing: WritableStreamDefaultController | undefined;
  /** What broke the connection, for `cause`. */
  #failure: Error | undefined;
  #outcome: WebSocketCloseInfo | WebSocketError | undefined;

  constructor(framed: FramedStream, { protocol, extensions }: Agreed) {
    this.#framed = framed;
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = (outcome) =>
        outcome instanceof WebSocketError ? reject(outcome) : resolve(outcome);
    });
    this.closed.catch(() => undefined);
    const readable = new ReadableStream<ReceivedMessage>(
      {
        start: (controller) => {
          this.#reading = controller;
        },
        pull: () => framed.resume(PauseReason.Application),
        cancel: (reason) => {
          this.#reading = undefined;
          // What still arrives is read and forgotten, so that the peer's Close is seen.
          framed.resume(PauseReason.Application);
          this.#closeFor(reason);
        },
      },
      { highWaterMark: READ_AHEAD_BYTES, size: (message) => message.length + MESSAGE_COST_BYTES },
    );
    const writable = new WritableStream<SentMessage>({
      start: (controller) => {
        this.#writing = controller;
      },
      write: (message) => this.#write(message),
      close: async () => {
        this.#writing = undefined;
        framed.close();
        await this.closed;
      },
      abort: (reason) => {
        this.#writing = undefined;
        this.#closeFor(reason);
      },
    });
    this.opened = Promise.resolve({ readable, writable, protocol, extensions });
  }

  close(info: WebSocketCloseInfo = {}): void {
    const { code, reason } = checkCloseInfo(info);
    this.#framed.close(code, reason);
  }

  receiveMessage(data: string | Buffer): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    reading.enqueue(typeof data === 'string' ? data : ownBytes(data));
    if ((reading.desiredSize ?? 1) <= 0) this.#framed.pause(PauseReason.Application);
  }

  receiveWritten(): void {
    if (this.#waiters.release(this.#framed.bufferedAmount)) this.#framed.requestWritten();
  }

  receiveError(error: Error): void {
    this.#failure = error;
  }

  receiveClosed(closeCode: number, reason: string, wasClean: boolean): void {
    if (wasClean) {
      this.#outcome = { closeCode, reason };
      this.#reading?.close();
      this.#writing?.error(this.#writeError());
    } else {
      const message =
        this.#failure?.message ?? 'the connection was lost: it ended without a closing handshake';
      this.#outcome = webSocketFailure({ message, closeCode, reason, cause: this.#failure });
      this.#reading?.error(this.#outcome);
      this.#writing?.error(this.#outcome);
    }
    this.#settleClosed?.(this.#outcome);
    this.#waiters.rejectAll();
  }

  /** Resolves when so little waits that the next message can be given. */
  async #write(message: SentMessage): Promise<void> {
    const framed = this.#framed;
    const data = typeof message === 'string' ? message : bytesOf(message);
    // A message that finds the queue empty is never refused, whatever its size.
    const mostBytes = typeof data === 'string' ? 3 * data.length : data.length;
    if (!framed.hasRoomFor(mostBytes)) await this.#drained(0);
    const result = typeof data === 'string' ? framed.sendText(data) : framed.sendBinary(data);
    if (result === 'closed' || result === 'refused') throw this.#writeError();
    await this.#drained(WRITE_AHEAD_BYTES);
  }

  async #drained(thresholdBytes: number): Promise<void> {
    if (this.#framed.bufferedAmount <= thresholdBytes) return;
    const drained = this.#waiters.wait({ thresholdBytes });
    this.#framed.requestWritten();
    try {
      await drained;
    } catch {
      throw this.#writeError();
    }
  }

  /** Why nothing more can be written. */
  #writeError(): Error {
    if (this.#outcome instanceof WebSocketError) return this.#outcome;
    return new DOMException(
      'the connection is closed, or closing: nothing more can be written',
      'InvalidStateError',
    );
  }

  /** "close using reason": with the code of a `WebSocketError`, with none for any other reason. */
  #closeFor(reason: unknown): void {
    if (!(reason instanceof WebSocketError)) {
      this.#framed.close();
      return;
    }
    try {
      this.close({ closeCode: reason.closeCode ?? undefined, reason: reason.reason });
    } catch {
      // The error came from another connection that failed: its code is not one to send.
      this.#framed.close();
    }
  }
}

/** Bytes that nothing else holds, so that the reader may keep or transfer them. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength === bytes.buffer.byteLength) return new Uint8Array(bytes.buffer as ArrayBuffer);
  return new Uint8Array(bytes);
}
