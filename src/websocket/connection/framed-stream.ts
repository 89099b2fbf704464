// A WebSocket on a stream of bytes: joins the protocol's endpoint to a stream, a writer and the deadlines.
// Servers' connections and clients' sockets are faces of this.

import {
  CloseCode,
  Endpoint,
  type EndpointHandler,
  Opcode,
  ProtocolError,
  type Role,
  serializeClosePayload,
} from '../../protocol/index.ts';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import type { MessageDeflate } from '../deflate/message-deflate.ts';
import { ConnectionError } from '../errors.ts';
import { loopTurn } from '../loop-turn.ts';
import type { ConnectionSettings } from './connection-options.ts';
import { InboundRate, portionOf } from './inbound-rate.ts';
import { keepingOf } from './keeping.ts';
import { LongInflation } from './long-inflation.ts';
import { asBuffer } from './message-data.ts';
import { MessageSender, type SenderOwner, type SendResult } from './message-sender.ts';
import { PauseReason } from './pause-reason.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { SharedBudget, ShedLimit } from './shared-budget.ts';
import { decodeAscii, decodeUtf8, isUtf8 } from './text.ts';
import { timerWheel, type WheelEntry } from './timer-wheel.ts';

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
  /** What the connection shares with others of its server; a client has none. */
  readonly budget?: SharedBudget | undefined;
}

/** A shorter message inflates to less than 1 MiB, in one turn: DEFLATE makes of a byte 1 032 at most. */
const SHORT_COMPRESSED_BYTES = 1_016;

const NOTHING = new Uint8Array(0);

export class FramedStream implements ByteStreamHandler, EndpointHandler, SenderOwner, WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;

  private readonly handler: FramedStreamHandler;
  private readonly stream: ByteStream;
  private readonly settings: ConnectionSettings;
  private readonly role: Role;
  private readonly endpoint: Endpoint;
  private readonly sender: MessageSender;
  private readonly deflate: MessageDeflate | undefined;
  /** A long message that is being inflated. */
  private inflation: LongInflation | undefined = undefined;
  /** The chunk that is being parsed, if its memory is used again afterwards: what is handed on is copied. */
  private lentChunk: Buffer | undefined = undefined;
  /** Bytes that arrived and may not be parsed yet, because reading is paused. */
  private unread: Buffer | undefined = undefined;
  private readonly budget: SharedBudget | undefined;
  /** What the budget was told that this connection holds. */
  private heldBytes = 0;
  private queuedBytes = 0;
  /** Messages and bytes that may still come before the clock is asked. */
  private messagesLeft: number;
  private bytesLeft: number;
  private rate: InboundRate | undefined = undefined;
  private closeCode: number = CloseCode.Abnormal;
  private closeReason = '';
  private pauseReasons = 0;
  private misses = 0;
  private hasReceived = true;
  private hasPeerEnded = false;
  private isEnding = false;
  private isGathering = false;

  constructor(stream: ByteStream, handler: FramedStreamHandler, options: FramedStreamOptions) {
    this.stream = stream;
    this.handler = handler;
    this.settings = options.settings;
    this.role = options.role;
    this.deflate = options.deflate;
    this.budget = options.budget;
    const portion = portionOf(options.settings.limits);
    this.messagesLeft = portion.messages;
    this.bytesLeft = portion.bytes;
    this.endpoint = new Endpoint(this, {
      role: options.role,
      limits: options.settings.limits,
      requireMinimalLength: options.settings.requireMinimalLength,
      allowRsv1: options.deflate !== undefined,
      isUtf8,
      keeping: keepingOf(stream),
    });
    this.sender = new MessageSender(stream, this, {
      role: options.role,
      settings: options.settings,
      deflate: options.deflate,
    });
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
    return this.sender.isOpen;
  }

  /** Bytes, with frame headers, that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.sender.bufferedAmount;
  }

  /** Whether a message of so many bytes would not be refused. One that finds the queue empty never is. */
  hasRoomFor(bytes: number): boolean {
    return this.sender.hasRoomFor(bytes);
  }

  /** Sends text in one frame. `compress` overrules the threshold, where permessage-deflate was agreed to. */
  sendText(text: string, compress?: boolean): SendResult {
    return this.sender.sendText(text, compress);
  }

  /** Sends binary data in one frame. The payload must not change until it is sent. */
  sendBinary(payload: Uint8Array, compress?: boolean): SendResult {
    return this.sender.sendBinary(payload, compress);
  }

  /** Sends a message that was serialised before. */
  sendPrepared(message: PreparedMessage): SendResult {
    return this.sender.sendPrepared(message);
  }

  /** Sends the bytes of a Blob, when they are read; messages sent meanwhile wait behind it. */
  sendBlob(blob: Blob, compress?: boolean): SendResult {
    return this.sender.sendBlob(blob, compress);
  }

  /** Sends a Ping, or an unasked Pong, with at most 125 bytes. */
  sendPingOrPong(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Uint8Array): SendResult {
    return this.sender.sendPingOrPong(opcode, payload);
  }

  /** Starts the closing handshake, behind what was sent before. Throws `UsageError` on what a Close must not say. */
  close(code?: number, reason?: string): void {
    serializeClosePayload(code, reason);
    this.sender.afterDeferred(() => this.endpoint.sendClose(code, reason));
  }

  /** Cuts the connection without a closing handshake: the peer sees 1006. */
  terminate(): void {
    this.sender.stop();
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
    else if (this.pauseReasons === PauseReason.Inflating) setImmediate(() => this.deliverInflation());
  }

  /** Asks for `receiveWritten` of the handler when what is gathered and queued now has been taken. */
  requestWritten(): void {
    if (!this.isEnding) this.sender.requestWritten();
  }

  /** Gathers all that is sent until `releaseGathered`, so that it leaves in one write. For one turn of the event loop. */
  gather(): void {
    this.isGathering = true;
    this.sender.cork();
  }

  releaseGathered(): void {
    this.isGathering = false;
    this.sender.uncork();
  }

  receiveBytes(chunk: Buffer, isAll = false): void {
    this.hasReceived = true;
    if (this.isEnding) return;
    this.bytesLeft -= chunk.length;
    const isLent = this.stream.reusesMemory;
    if (this.pauseReasons !== 0 || this.unread !== undefined) {
      if (this.unread !== undefined) this.unread = Buffer.concat([this.unread, chunk]);
      else this.unread = isLent ? Buffer.from(chunk) : chunk;
      this.tellHeld();
      return;
    }
    this.handler.receiveChunk?.();
    if (!isLent) {
      this.parse(chunk, isAll);
      return;
    }
    this.lentChunk = chunk;
    this.parse(chunk, isAll);
    this.lentChunk = undefined;
    if (this.unread !== undefined) this.unread = Buffer.from(this.unread);
  }

  roomForMore(): Buffer | undefined {
    // What is unread comes first.
    if (this.unread !== undefined) return undefined;
    const room = this.endpoint.roomForMore();
    return room && asBuffer(room);
  }

  /** The peer has ended its side: what it sent, and what we owe it, still counts. */
  receiveEnd(): void {
    this.hasPeerEnded = true;
    if (this.unread === undefined) this.end();
  }

  receiveWritten(): void {
    if (this.isEnding) return;
    this.tellQueued(0);
    this.handler.receiveWritten();
    if (this.sender.receiveWritten()) this.handler.receiveDrain();
  }

  receiveClosed(_error: Error | undefined): void {
    timerWheel.cancel(this);
    this.endpoint.abort();
    this.sender.discard();
    this.inflation?.abandon();
    this.inflation = undefined;
    this.deflate?.close();
    this.unread = undefined;
    this.rate?.close();
    this.tellHeld();
    this.releaseQueued();
    this.handler.receiveClosed(this.closeCode, this.closeReason, this.closeCode !== CloseCode.Abnormal);
  }

  receiveFragment(): void {
    this.countMessage();
  }

  receiveMessage(bytes: Uint8Array, start: number, end: number): void {
    const { endpoint } = this;
    this.countMessage();
    if (endpoint.isCompressed && this.deflate !== undefined) {
      this.receiveCompressed(this.deflate, this.keep(bytes, start, end));
    } else if (endpoint.isText) {
      const buffer = asBuffer(bytes);
      const text = endpoint.isAscii ? decodeAscii(buffer, start, end) : decodeUtf8(buffer, start, end);
      this.handler.receiveMessage(text, false);
    } else {
      this.handler.receiveMessage(this.keep(bytes, start, end), true);
    }
  }

  receivePing(bytes: Uint8Array, start: number, end: number): void {
    this.countMessage();
    this.handler.receivePing(this.keep(bytes, start, end));
  }

  receivePong(bytes: Uint8Array, start: number, end: number): void {
    this.countMessage();
    this.handler.receivePong(this.keep(bytes, start, end));
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
    this.sender.sendControl(opcode, payload);
    if (opcode === Opcode.Close) {
      timerWheel.schedule(this, this.settings.closeTimeoutMs);
      this.handler.receiveClosing();
    }
  }

  failSending(error: ConnectionError, code: number, reason?: string): void {
    this.endpoint.sendClose(code, reason);
    this.handler.receiveError(error);
  }

  receiveQueued(bytes: number): void {
    this.tellQueued(bytes);
  }

  receiveRefused(): void {
    this.budget?.count('maxQueuedBytes');
  }

  /** What the connection holds of the budget that it shares. */
  weight(limit: ShedLimit): number {
    return limit === 'maxUnfinishedBytes' ? this.heldBytes : this.queuedBytes;
  }

  /** Lets go of what this connection holds of a budget, since it holds most of all. */
  shed(limit: ShedLimit): void {
    if (limit === 'maxUnfinishedBytes') {
      this.unread = undefined;
      this.endpoint.fail(
        new ProtocolError(
          'BUDGET_EXCEEDED',
          'of all connections, which hold more than maxUnfinishedBytes, this one holds most',
        ),
      );
      this.tellHeld();
    } else {
      this.handler.receiveError(
        new ConnectionError(
          'BUDGET_EXCEEDED',
          'of all connections, for which more than maxTotalQueuedBytes wait, most waits for this one',
        ),
      );
      this.terminate();
      // What waited is gone with it: the next one to let go is another.
      this.releaseQueued();
    }
  }

  receiveDeadline(): void {
    if (this.endpoint.isCloseSent || this.isEnding) {
      this.budget?.count('closeTimeoutMs');
      this.stream.destroy();
      return;
    }
    const { intervalMs, maxMisses } = this.settings.keepalive;
    if (this.hasReceived || this.pauseReasons !== 0) {
      // A peer that we do not read cannot be heard.
      this.misses = 0;
    } else if (this.misses === maxMisses) {
      this.budget?.count('keepalive');
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
      this.sender.sendControl(Opcode.Ping, NOTHING);
    }
    this.hasReceived = false;
    this.scheduleKeepalive();
  }

  /** `bytes[start, end)`, to stay as they are. */
  private keep(bytes: Uint8Array, start: number, end: number): Buffer {
    const view = asBuffer(bytes).subarray(start, end);
    return bytes === this.lentChunk ? Buffer.from(view) : view;
  }

  private parse(chunk: Buffer, isAll: boolean): void {
    const { sender } = this;
    sender.cork();
    const consumed = this.endpoint.receive(chunk);
    if (consumed < chunk.length) this.unread = chunk.subarray(consumed);
    if (!this.isGathering) sender.uncork();
    this.tellHeld();
    if (this.bytesLeft < 0) this.endPortion(isAll);
  }

  /** Charges the budget with what this connection holds now. */
  private tellHeld(): void {
    let held = this.endpoint.unfinishedBytes;
    if (this.unread !== undefined) held += this.unread.length;
    if (this.inflation !== undefined) held += this.inflation.waitingBytes;
    const change = held - this.heldBytes;
    if (change === 0) return;
    this.heldBytes = held;
    this.budget?.changeUnfinished(change);
  }

  private tellQueued(arriving: number): void {
    if (this.budget === undefined) return;
    const queued = this.bufferedAmount + arriving;
    const change = queued - this.queuedBytes;
    this.queuedBytes = queued;
    this.budget.changeQueued(change);
  }

  private releaseQueued(): void {
    this.budget?.changeQueued(-this.queuedBytes);
    this.queuedBytes = 0;
  }

  /** One more message, fragment or control frame: when a portion of them is used up, in the middle of a chunk too. */
  private countMessage(): void {
    this.messagesLeft -= 1;
    if (this.messagesLeft < 0) this.endPortion(false);
  }

  /**
   * A portion of what the peer may send is used up: gives it the next, or stops reading until it may have it. `isAll`: it has
   * sent nothing more yet, so that it takes nothing from others in this turn of the event loop.
   */
  private endPortion(isAll: boolean): void {
    if (this.isEnding) return;
    const { limits } = this.settings;
    const portion = portionOf(limits);
    const now = performance.now();
    this.rate ??= new InboundRate(limits, now);
    const used = { messages: portion.messages - this.messagesLeft, bytes: portion.bytes - this.bytesLeft };
    const readOn = (): void => this.resume(PauseReason.Rate);
    const exceeded = this.rate.spend(now, used, readOn);
    this.messagesLeft = portion.messages;
    this.bytesLeft = portion.bytes;
    if (exceeded !== undefined) this.budget?.count(exceeded);
    else if (isAll || !loopTurn.isLong(now)) return;
    else setImmediate(readOn);
    this.pause(PauseReason.Rate);
  }

  private readOn(): void {
    if (this.pauseReasons !== 0) return;
    this.hasReceived = true;
    this.endpoint.resume();
    const { unread } = this;
    this.unread = undefined;
    if (unread !== undefined) this.parse(unread, false);
    if (this.pauseReasons !== 0) return;
    if (this.hasPeerEnded) this.end();
    else this.stream.resume();
  }

  private receiveCompressed(deflate: MessageDeflate, compressed: Buffer): void {
    const mustWait = compressed.length > SHORT_COMPRESSED_BYTES && this.budget?.canInflate === false;
    const inflated = mustWait ? undefined : deflate.inflater.begin(compressed);
    if (inflated !== undefined) {
      // A short message lies in memory that the next one uses again.
      this.receiveInflated(inflated, true);
      return;
    }
    this.pause(PauseReason.Inflating);
    this.inflation = new LongInflation({
      inflater: deflate.inflater,
      compressed: mustWait ? compressed : undefined,
      budget: this.budget,
      onInflated: () => this.deliverInflation(),
    });
  }

  private deliverInflation(): void {
    const inflated = this.inflation?.inflated;
    if (inflated === undefined || this.endpoint.isCloseReceived) return;
    // The application has paused meanwhile: `resume` comes back to it.
    if (this.pauseReasons !== PauseReason.Inflating) return;
    this.inflation = undefined;
    this.tellHeld();
    this.receiveInflated(inflated, false);
    this.resume(PauseReason.Inflating);
  }

  private receiveInflated(inflated: Buffer | ProtocolError, isTransient: boolean): void {
    if (inflated instanceof ProtocolError) {
      this.endpoint.fail(inflated);
    } else if (!this.endpoint.isText) {
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

  /** Ends our side; nothing more is received. The deadline of the closing handshake, if it runs, stays. */
  private end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.unread = undefined;
    this.sender.stop();
    this.sender.flush();
    this.stream.end();
    this.stream.resume();
    if (!this.endpoint.isCloseSent) timerWheel.schedule(this, this.settings.closeTimeoutMs);
  }

  private scheduleKeepalive(): void {
    const { intervalMs } = this.settings.keepalive;
    if (intervalMs > 0) timerWheel.schedule(this, intervalMs);
  }
}
