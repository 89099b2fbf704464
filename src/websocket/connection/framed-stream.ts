// A WebSocket on a stream of bytes: joins the protocol's endpoint to a stream, a writer and the deadlines.
// Servers' connections and clients' sockets are faces of this.

import { isUtf8 as nativeIsUtf8 } from 'node:buffer';
import {
  CloseCode,
  Endpoint,
  type EndpointHandler,
  FIN,
  type IsUtf8,
  Opcode,
  ProtocolError,
  type Role,
  RSV1,
  serializeClosePayload,
} from '../../protocol/index.ts';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import type { MessageDeflate } from '../deflate/message-deflate.ts';
import { THREAD_POOL_BYTES } from '../deflate/thread-pool.ts';
import { ConnectionError } from '../errors.ts';
import type { ConnectionSettings } from './connection-options.ts';
import { DeferredSends } from './deferred-sends.ts';
import { FrameWriter } from './frame-writer.ts';
import type { PreparedMessage } from './prepared-message.ts';
import { decodeAscii, decodeUtf8 } from './text.ts';
import { timerWheel, type WheelEntry } from './timer-wheel.ts';

/**
 * What became of a message. `'sent'`: it leaves with this tick. `'queued'`: it waits behind others for the peer to read,
 * and `receiveDrain` will follow. `'refused'`: the queue is full (see `whenQueueFull`). `'closed'`: too late.
 */
export type SendResult = 'sent' | 'queued' | 'refused' | 'closed';

/** Why reading is paused; each reason is taken back by itself. */
export const PauseReason = Object.freeze({
  /** The application asked for it. */
  Application: 1,
  /** Too many handlers have not settled yet. */
  Handlers: 2,
  /** A long message is being inflated, a slice at a time. */
  Inflating: 4,
} as const);
export type PauseReason = (typeof PauseReason)[keyof typeof PauseReason];

/** What a framed stream calls. */
export interface FramedStreamHandler {
  /** Bytes arrived, in a turn of the event loop of their own; what they hold is handed over next. */
  receiveChunk?(): void;
  /** A message: a string if it is text, a Buffer if it is binary. */
  receiveMessage(data: string | Buffer, isBinary: boolean): void;
  receivePing(payload: Buffer): void;
  receivePong(payload: Buffer): void;
  /** Some of what was queued has been taken, after `requestWritten`. */
  receiveWritten(): void;
  /** All that was queued has been taken by the operating system. */
  receiveDrain(): void;
  /** The closing handshake has begun, from either side: nothing more can be sent. */
  receiveClosing(): void;
  /** Something broke the connection; `receiveClosed` follows. */
  receiveError(error: ProtocolError | ConnectionError): void;
  /** The connection is gone. The last call. `wasClean`: the closing handshake was completed. */
  receiveClosed(code: number, reason: string, wasClean: boolean): void;
}

export interface FramedStreamOptions {
  readonly role: Role;
  readonly settings: ConnectionSettings;
  /** permessage-deflate, if it was agreed to. */
  readonly deflate?: MessageDeflate | undefined;
}

const isUtf8: IsUtf8 = (bytes, start, end) => nativeIsUtf8(bytes.subarray(start, end));

/** How messages are sent just now. */
const Sending = { Directly: 0, Deferred: 1, Never: 2 } as const;
type Sending = (typeof Sending)[keyof typeof Sending];

const NOTHING = new Uint8Array(0);

export class FramedStream implements ByteStreamHandler, EndpointHandler, WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;

  private readonly handler: FramedStreamHandler;
  private readonly stream: ByteStream;
  private readonly settings: ConnectionSettings;
  private readonly role: Role;
  private readonly endpoint: Endpoint;
  private readonly writer: FrameWriter;
  private sending: Sending = Sending.Directly;
  private readonly deflate: MessageDeflate | undefined;
  private deferred: DeferredSends | undefined = undefined;
  /** Makes the next turn of a long message that is being inflated. */
  private goOnInflating: (() => void) | undefined = undefined;
  /** Bytes that arrived and may not be parsed yet, because reading is paused. */
  private unread: Buffer | undefined = undefined;
  /** The payload of the newest Pong that waits for the queue to drain (5.5.3: the newest answers them all). */
  private waitingPong: Buffer | undefined = undefined;
  private closeCode: number = CloseCode.Abnormal;
  private closeReason = '';
  private pauseReasons = 0;
  private misses = 0;
  private hasReceived = true;
  private hasPeerEnded = false;
  private owesDrain = false;
  private isEnding = false;
  private isGathering = false;
  /** What was deferred goes out now. It was told to be queued: it is not refused any more. */
  private isReleasing = false;

  constructor(stream: ByteStream, handler: FramedStreamHandler, options: FramedStreamOptions) {
    this.stream = stream;
    this.handler = handler;
    this.settings = options.settings;
    this.role = options.role;
    this.deflate = options.deflate;
    this.endpoint = new Endpoint(this, {
      role: options.role,
      limits: options.settings.limits,
      requireMinimalLength: options.settings.requireMinimalLength,
      allowRsv1: options.deflate !== undefined,
      isUtf8,
    });
    this.writer = new FrameWriter(stream, options.role);
  }

  /** Begins to read. `head` is what arrived behind the opening handshake. */
  start(head?: Buffer): void {
    this.stream.start(this);
    // Before the start, the `open` handler may have paused the connection, or closed it: that deadline stays.
    if (this.pauseReasons !== 0) this.stream.pause();
    if (!this.endpoint.isCloseSent) this.scheduleKeepalive();
    if (head !== undefined && head.length > 0) this.receiveBytes(head);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.sending !== Sending.Never;
  }

  /** Bytes, with frame headers, that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.writer.bufferedAmount + (this.deferred?.byteLength ?? 0);
  }

  /** Whether a message of so many bytes would not be refused. One that finds the queue empty never is. */
  hasRoomFor(bytes: number): boolean {
    return this.bufferedAmount + bytes <= this.settings.limits.maxQueuedBytes;
  }

  /** Sends text in one frame. `compress` overrules the threshold, where permessage-deflate was agreed to. */
  sendText(text: string, compress?: boolean): SendResult {
    if (this.sending !== Sending.Directly)
      return this.defer(text.length, () => this.sendText(text, compress));
    if (this.deflate?.shouldCompress(text.length, compress)) {
      return this.sendCompressed(this.deflate, Opcode.Text, Buffer.from(text));
    }
    const result = this.admit(text.length);
    if (result !== 'refused') this.writer.writeText(text);
    return result;
  }

  /** Sends binary data in one frame. The payload must not change until it is sent. */
  sendBinary(payload: Uint8Array, compress?: boolean): SendResult {
    if (this.sending !== Sending.Directly) {
      // It may wait long: the caller gets the use of its bytes back.
      const kept = this.role === 'client' ? new Uint8Array(payload) : payload;
      return this.defer(kept.length, () => this.sendBinary(kept, compress));
    }
    if (this.deflate?.shouldCompress(payload.length, compress)) {
      return this.sendCompressed(this.deflate, Opcode.Binary, payload);
    }
    const result = this.admit(payload.length);
    if (result !== 'refused') this.writer.writeBytes(FIN | Opcode.Binary, payload, false);
    return result;
  }

  /** Sends a message that was serialised before. */
  sendPrepared(message: PreparedMessage): SendResult {
    const { deflate, writer } = this;
    if (this.sending !== Sending.Directly) {
      return this.defer(message.payload.length, () => this.sendPrepared(message));
    }
    if (this.role === 'client') {
      return message.opcode === Opcode.Text
        ? this.sendText(asBuffer(message.payload).toString(), message.compress)
        : this.sendBinary(message.payload, message.compress);
    }
    const frame = deflate?.shouldCompress(message.payload.length, message.compress)
      ? deflate.sharedFrame(message)
      : message.frame;
    const result = this.admit(frame.bytes.length);
    if (result !== 'refused') writer.writeShared(frame);
    return result;
  }

  /** Sends the bytes of a Blob, when they are read; messages sent meanwhile wait behind it. */
  sendBlob(blob: Blob, compress?: boolean): SendResult {
    if (this.sending !== Sending.Directly) return this.defer(blob.size, () => this.sendBlob(blob, compress));
    return this.sendWhenReady(blob.size, blob.arrayBuffer(), (buffer) => {
      this.sendBinary(new Uint8Array(buffer), compress);
    });
  }

  /** Sends a Ping, or an unasked Pong, with at most 125 bytes. */
  sendPingOrPong(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Uint8Array): SendResult {
    if (this.sending === Sending.Never) return 'closed';
    if (this.bufferedAmount > 0 && !this.hasRoomFor(payload.length)) return this.refuse();
    this.writer.writeBytes(FIN | opcode, payload, false);
    if (this.stream.bufferedAmount === 0) return 'sent';
    this.owesDrain = true;
    this.writer.wantsWritten = true;
    return 'queued';
  }

  /** Starts the closing handshake, behind what was sent before. Throws `UsageError` on what a Close must not say. */
  close(code?: number, reason?: string): void {
    serializeClosePayload(code, reason);
    if (this.sending === Sending.Deferred) this.deferred?.add(0, () => this.endpoint.sendClose(code, reason));
    else this.endpoint.sendClose(code, reason);
  }

  /** Cuts the connection without a closing handshake: the peer sees 1006. */
  terminate(): void {
    this.sending = Sending.Never;
    this.endpoint.abort();
    this.stream.destroy();
  }

  /** Hands over no further message until the reason is gone, and lets the peer's flow control be felt. */
  pause(reason: PauseReason): void {
    this.pauseReasons |= reason;
    this.endpoint.pause();
    this.stream.pause();
  }

  resume(reason: PauseReason): void {
    if (this.pauseReasons === 0) return;
    this.pauseReasons &= ~reason;
    // Never inside the caller's own call: a handler that resumes does not expect the next message before it returns.
    if (this.pauseReasons === 0) queueMicrotask(() => this.readOn());
    else if (this.pauseReasons === PauseReason.Inflating) setImmediate(() => this.goOnInflating?.());
  }

  /** Asks for `receiveWritten` of the handler when what is gathered and queued now has been taken. */
  requestWritten(): void {
    if (this.isEnding) return;
    this.writer.flush();
    // What is not ready yet asks by itself once it is; asking for it now would be answered at once, again and again.
    if (this.sending === Sending.Deferred && this.stream.bufferedAmount === 0) return;
    this.writer.wantsWritten = true;
    // An empty write is taken when all before it is.
    this.stream.write(NOTHING, true);
  }

  /** Gathers all that is sent until `releaseGathered`, so that it leaves in one write. For one turn of the event loop. */
  gather(): void {
    this.isGathering = true;
    this.writer.isCorked = true;
  }

  releaseGathered(): void {
    this.isGathering = false;
    this.writer.isCorked = false;
    this.writer.flush();
  }

  receiveBytes(chunk: Buffer): void {
    this.hasReceived = true;
    if (this.isEnding) return;
    if (this.pauseReasons !== 0 || this.unread !== undefined) {
      this.unread = this.unread === undefined ? chunk : Buffer.concat([this.unread, chunk]);
      return;
    }
    this.handler.receiveChunk?.();
    this.parse(chunk);
  }

  /** The peer has ended its side: what it sent, and what we owe it, still counts. */
  receiveEnd(): void {
    this.hasPeerEnded = true;
    if (this.unread === undefined) this.end();
  }

  receiveWritten(): void {
    if (this.isEnding) return;
    this.handler.receiveWritten();
    if (this.stream.bufferedAmount > 0) return;
    this.writer.wantsWritten = false;
    const pong = this.waitingPong;
    if (pong !== undefined) {
      this.waitingPong = undefined;
      if (!this.endpoint.isCloseSent) this.writer.writeBytes(FIN | Opcode.Pong, pong, true);
    }
    if (this.owesDrain) {
      this.owesDrain = false;
      this.handler.receiveDrain();
    }
  }

  receiveClosed(_error: Error | undefined): void {
    this.sending = Sending.Never;
    timerWheel.cancel(this);
    this.endpoint.abort();
    this.writer.discard();
    this.deferred?.clear();
    this.deflate?.close();
    this.unread = undefined;
    this.waitingPong = undefined;
    this.handler.receiveClosed(this.closeCode, this.closeReason, this.closeCode !== CloseCode.Abnormal);
  }

  receiveMessage(bytes: Uint8Array, start: number, end: number): void {
    const { endpoint } = this;
    const buffer = asBuffer(bytes);
    if (endpoint.isCompressed && this.deflate !== undefined) {
      this.receiveCompressed(this.deflate, buffer.subarray(start, end));
    } else if (endpoint.isText) {
      const text = endpoint.isAscii ? decodeAscii(buffer, start, end) : decodeUtf8(buffer, start, end);
      this.handler.receiveMessage(text, false);
    } else {
      this.handler.receiveMessage(buffer.subarray(start, end), true);
    }
  }

  receivePing(bytes: Uint8Array, start: number, end: number): void {
    this.handler.receivePing(asBuffer(bytes).subarray(start, end));
  }

  receivePong(bytes: Uint8Array, start: number, end: number): void {
    this.handler.receivePong(asBuffer(bytes).subarray(start, end));
  }

  receiveClose(code: number, reason: string): void {
    this.closeCode = code;
    this.closeReason = reason;
    // 7.1.1. "the underlying TCP connection, in most normal cases, SHOULD be closed first by the server". A client
    // waits for that, and the deadline of the closing handshake with it.
    if (this.role === 'server') this.end();
  }

  receiveError(error: ProtocolError): void {
    this.handler.receiveError(error);
    this.end();
  }

  sendControl(opcode: number, payload: Uint8Array): void {
    if (this.isEnding) return;
    if (opcode === Opcode.Pong && this.stream.bufferedAmount > 0) {
      const isFirst = this.waitingPong === undefined;
      this.waitingPong = Buffer.from(payload);
      if (isFirst) this.requestWritten();
      return;
    }
    this.writer.writeBytes(FIN | opcode, payload, true);
    if (opcode === Opcode.Close) {
      this.sending = Sending.Never;
      timerWheel.schedule(this, this.settings.closeTimeoutMs);
      this.handler.receiveClosing();
    }
  }

  receiveDeadline(): void {
    if (this.endpoint.isCloseSent || this.isEnding) {
      this.stream.destroy();
      return;
    }
    const { intervalMs, maxMisses } = this.settings.keepalive;
    if (this.hasReceived || this.pauseReasons !== 0) {
      // A peer that we do not read cannot be heard.
      this.misses = 0;
    } else if (this.misses === maxMisses) {
      this.handler.receiveError(
        new ConnectionError(
          'KEEPALIVE_TIMEOUT',
          `no answer to ${maxMisses} Pings, ${intervalMs} ms apart: the peer is gone`,
        ),
      );
      this.terminate();
      return;
    }
    if (!this.hasReceived) {
      this.misses += 1;
      this.writer.writeBytes(FIN | Opcode.Ping, NOTHING, true);
    }
    this.hasReceived = false;
    this.scheduleKeepalive();
  }

  private parse(chunk: Buffer): void {
    const { endpoint, writer } = this;
    writer.isCorked = true;
    const consumed = endpoint.receive(chunk);
    writer.isCorked = this.isGathering;
    if (consumed < chunk.length) this.unread = chunk.subarray(consumed);
    if (!this.isGathering) writer.flush();
  }

  private readOn(): void {
    if (this.pauseReasons !== 0) return;
    this.hasReceived = true;
    this.endpoint.resume();
    const { unread } = this;
    this.unread = undefined;
    if (unread !== undefined) this.parse(unread);
    if (this.pauseReasons !== 0) return;
    if (this.hasPeerEnded) this.end();
    else this.stream.resume();
  }

  private sendCompressed(deflate: MessageDeflate, opcode: number, payload: Uint8Array): SendResult {
    if (payload.length >= THREAD_POOL_BYTES) {
      // The pool reads it later; a client's caller may change its bytes as soon as `send` returns.
      const isLent = this.role === 'client' && opcode === Opcode.Binary;
      const kept = isLent ? new Uint8Array(payload) : payload;
      return this.sendWhenReady(kept.length, deflate.compressLater(kept), (compressed) => {
        const isShorter = compressed.length < kept.length;
        if (isShorter) this.writer.writeBytes(FIN | RSV1 | opcode, compressed, true);
        else this.writer.writeBytes(FIN | opcode, kept, kept !== payload);
      });
    }
    const result = this.admit(payload.length);
    if (result === 'refused') return result;
    const compressed = deflate.compress(payload);
    if (compressed === undefined) this.writer.writeBytes(FIN | opcode, payload, false);
    else this.writer.writeTransient(FIN | RSV1 | opcode, compressed);
    return result;
  }

  /** Sends what a promise gives; messages sent meanwhile wait behind it. */
  private sendWhenReady<T>(byteLength: number, ready: Promise<T>, send: (value: T) => void): SendResult {
    if (!this.isReleasing && this.bufferedAmount > 0 && !this.hasRoomFor(byteLength)) {
      ready.catch(() => undefined);
      return this.refuse();
    }
    this.sending = Sending.Deferred;
    this.deferred ??= new DeferredSends();
    const { deferred } = this;
    deferred.block();
    deferred.byteLength += byteLength;
    const settle = (act: () => void): void => {
      if (this.sending !== Sending.Deferred) return;
      deferred.byteLength -= byteLength;
      this.sending = Sending.Directly;
      this.owesDrain = true;
      this.isReleasing = true;
      act();
      deferred.unblock();
      this.isReleasing = false;
      this.requestWritten();
    };
    ready.then(
      (value) => settle(() => send(value)),
      (cause: unknown) =>
        settle(() => {
          this.handler.receiveError(
            new ConnectionError('CONNECTION_CLOSED', 'a message could not be read', { cause }),
          );
          this.endpoint.sendClose(CloseCode.InternalError);
        }),
    );
    return 'queued';
  }

  /** Inflates a message; a long one goes on in turns with everything else, and the messages behind it wait. */
  private receiveCompressed(deflate: MessageDeflate, compressed: Buffer): void {
    const { isText } = this.endpoint;
    const inflated = deflate.inflater.begin(compressed);
    if (inflated !== undefined) {
      // A short message lies in memory that the next one uses again.
      this.receiveInflated(inflated, isText, true);
      return;
    }
    this.pause(PauseReason.Inflating);
    this.goOnInflating = () => {
      if (this.endpoint.isCloseReceived) return;
      // The application has paused meanwhile: `resume` comes back to it.
      if (this.pauseReasons !== PauseReason.Inflating) return;
      const later = deflate.inflater.turn();
      if (later === undefined) {
        setImmediate(() => this.goOnInflating?.());
        return;
      }
      this.goOnInflating = undefined;
      this.receiveInflated(later, isText, false);
      this.resume(PauseReason.Inflating);
    };
    setImmediate(() => this.goOnInflating?.());
  }

  private receiveInflated(inflated: Buffer | ProtocolError, isText: boolean, isTransient: boolean): void {
    if (inflated instanceof ProtocolError) {
      this.endpoint.fail(inflated);
    } else if (!isText) {
      this.handler.receiveMessage(isTransient ? Buffer.from(inflated) : inflated, true);
    } else if (isUtf8(inflated, 0, inflated.length)) {
      this.handler.receiveMessage(decodeUtf8(inflated, 0, inflated.length), false);
    } else {
      this.endpoint.fail(
        new ProtocolError(
          'INVALID_UTF8',
          'an inflated text message is not valid UTF-8 (RFC 6455, section 8.1)',
        ),
      );
    }
  }

  private admit(bytes: number): 'sent' | 'queued' | 'refused' {
    if (this.stream.bufferedAmount === 0) return 'sent';
    if (!this.isReleasing && !this.hasRoomFor(bytes)) return this.refuse();
    this.owesDrain = true;
    this.writer.wantsWritten = true;
    return 'queued';
  }

  private refuse(): 'refused' {
    const { limits, whenQueueFull } = this.settings;
    if (whenQueueFull === 'close') {
      this.endpoint.sendClose(CloseCode.TryAgainLater, 'too much is waiting to be read');
      this.handler.receiveError(
        new ConnectionError(
          'QUEUE_FULL',
          `maxQueuedBytes (${limits.maxQueuedBytes}) wait for a peer that does not read them`,
        ),
      );
    }
    return 'refused';
  }

  private defer(bytes: number, send: () => void): SendResult {
    if (this.sending === Sending.Never || this.deferred === undefined) return 'closed';
    if (!this.hasRoomFor(bytes)) return this.refuse();
    this.deferred.add(bytes, send);
    return 'queued';
  }

  /** Ends our side; nothing more is received. The deadline of the closing handshake, if it runs, stays. */
  private end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.sending = Sending.Never;
    this.unread = undefined;
    this.writer.flush();
    this.stream.end();
    this.stream.resume();
    if (!this.endpoint.isCloseSent) timerWheel.schedule(this, this.settings.closeTimeoutMs);
  }

  private scheduleKeepalive(): void {
    const { intervalMs } = this.settings.keepalive;
    if (intervalMs > 0) timerWheel.schedule(this, intervalMs);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
