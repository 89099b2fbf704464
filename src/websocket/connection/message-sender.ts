// The sending half of a framed stream: which message is sent, queued, deferred or refused, and when the queue has drained.

import { CloseCode, FIN, Opcode, type Role, RSV1 } from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import type { MessageDeflate } from '../deflate/message-deflate.ts';
import { THREAD_POOL_BYTES } from '../deflate/thread-pool.ts';
import { ConnectionError } from '../errors.ts';
import type { ConnectionSettings } from './connection-options.ts';
import { DeferredSends } from './deferred-sends.ts';
import { FrameWriter, type FrameWriterOwner } from './frame-writer.ts';
import { asBuffer } from './message-data.ts';
import type { PreparedMessage } from './prepared-message.ts';

/**
 * What became of a message. `'sent'`: it leaves with this tick. `'queued'`: it waits behind others for the peer to read,
 * and `receiveDrain` will follow. `'refused'`: the queue is full (see `whenQueueFull`). `'closed'`: too late.
 */
export type SendResult = 'sent' | 'queued' | 'refused' | 'closed';

/** What the sender calls. */
export interface SenderOwner {
  /** What was to be sent cannot be: start the closing handshake with this code, and tell of the error. */
  failSending(error: ConnectionError, code: number, reason?: string): void;
  /** So many bytes come to those that wait. */
  receiveQueued(bytes: number): void;
  /** The queue is full, and a message was refused. */
  receiveRefused(): void;
}

export interface MessageSenderOptions {
  readonly role: Role;
  readonly settings: ConnectionSettings;
  readonly deflate: MessageDeflate | undefined;
}

/** How messages are sent just now. */
const Sending = { Directly: 0, Deferred: 1, Never: 2 } as const;
type Sending = (typeof Sending)[keyof typeof Sending];

const NOTHING = new Uint8Array(0);
/** A message of so many bytes counts as queued even if it finds the queue empty: the peer may take its time. */
const LARGE_MESSAGE_BYTES = 64 * 1024;

export class MessageSender implements FrameWriterOwner {
  private readonly stream: ByteStream;
  private readonly owner: SenderOwner;
  private readonly settings: ConnectionSettings;
  private readonly deflate: MessageDeflate | undefined;
  private readonly masks: boolean;
  private readonly writer: FrameWriter;
  private sending: Sending = Sending.Directly;
  private deferred: DeferredSends | undefined = undefined;
  /** The payload of the newest Pong that waits for the queue to drain (5.5.3: the newest answers them all). */
  private waitingPong: Buffer | undefined = undefined;
  private owesDrain = false;
  /** What was deferred goes out now. It was told to be queued: it is not refused any more. */
  private isReleasing = false;

  constructor(stream: ByteStream, owner: SenderOwner, { role, settings, deflate }: MessageSenderOptions) {
    this.stream = stream;
    this.owner = owner;
    this.settings = settings;
    this.deflate = deflate;
    this.masks = role === 'client';
    this.writer = new FrameWriter(stream, role, this);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.sending !== Sending.Never;
  }

  /** Bytes, with frame headers, that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.writer.bufferedAmount + (this.deferred?.byteLength ?? 0);
  }

  hasRoomFor(bytes: number): boolean {
    return this.bufferedAmount + bytes <= this.settings.limits.maxQueuedBytes;
  }

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

  sendBinary(payload: Uint8Array, compress?: boolean): SendResult {
    if (this.sending !== Sending.Directly) {
      // It may wait long: the caller gets the use of its bytes back.
      const kept = new Uint8Array(payload);
      return this.defer(kept.length, () => this.sendBinary(kept, compress));
    }
    if (this.deflate?.shouldCompress(payload.length, compress)) {
      return this.sendCompressed(this.deflate, Opcode.Binary, payload);
    }
    const result = this.admit(payload.length);
    if (result !== 'refused') this.writer.writeBytes(FIN | Opcode.Binary, payload);
    return result;
  }

  sendPrepared(message: PreparedMessage): SendResult {
    const { deflate, writer } = this;
    if (this.sending !== Sending.Directly) {
      return this.defer(message.payload.length, () => this.sendPrepared(message));
    }
    if (this.masks) {
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

  sendBlob(blob: Blob, compress?: boolean): SendResult {
    if (this.sending !== Sending.Directly) return this.defer(blob.size, () => this.sendBlob(blob, compress));
    return this.sendWhenReady(blob.size, blob.arrayBuffer(), (buffer) => {
      this.sendBinary(new Uint8Array(buffer), compress);
    });
  }

  sendPingOrPong(opcode: typeof Opcode.Ping | typeof Opcode.Pong, payload: Uint8Array): SendResult {
    if (this.sending === Sending.Never) return 'closed';
    if (this.bufferedAmount > 0 && !this.hasRoomFor(payload.length)) return this.refuse();
    this.writer.writeBytes(FIN | opcode, payload);
    if (this.stream.bufferedAmount === 0) return 'sent';
    this.oweDrain();
    return 'queued';
  }

  /** Sends a control frame of the protocol's own, whatever is queued; nothing follows a Close. */
  sendControl(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.Pong && this.stream.bufferedAmount > 0) {
      const isFirst = this.waitingPong === undefined;
      this.waitingPong = Buffer.from(payload);
      if (isFirst) this.requestWritten();
      return;
    }
    this.writer.writeBytes(FIN | opcode, payload);
    if (opcode === Opcode.Close) this.stop();
  }

  receiveAltered(): void {
    const message = 'the memory of a binary message was handed on, or made shorter, before it was sent';
    this.owner.failSending(new ConnectionError('CONNECTION_CLOSED', message), CloseCode.InternalError);
  }

  /** Acts behind the messages that were sent before. */
  afterDeferred(act: () => void): void {
    if (this.sending === Sending.Deferred) this.deferred?.add(0, act);
    else act();
  }

  /** Sends nothing any more; what is gathered and queued still leaves. */
  stop(): void {
    this.sending = Sending.Never;
    this.waitingPong = undefined;
  }

  /** Forgets all that has not left: the stream is gone. */
  discard(): void {
    this.stop();
    this.writer.discard();
    this.deferred?.clear();
  }

  /** Gathers all that is sent until `uncork`, so that it leaves in one write. */
  cork(): void {
    this.writer.isCorked = true;
  }

  uncork(): void {
    this.writer.isCorked = false;
    this.writer.flush();
  }

  flush(): void {
    this.writer.flush();
  }

  /** Has the stream tell when what is gathered and queued now has been taken. */
  requestWritten(): void {
    this.writer.flush();
    // What is not ready yet asks by itself once it is; asking for it now would be answered at once, again and again.
    if (this.sending === Sending.Deferred && this.stream.bufferedAmount === 0) return;
    this.writer.wantsWritten = true;
    // An empty write is taken when all before it is.
    this.stream.write(NOTHING, true);
  }

  /** The stream has taken something. Returns whether that was all, and someone was told to wait for it. */
  receiveWritten(): boolean {
    if (this.stream.bufferedAmount > 0) return false;
    this.writer.wantsWritten = false;
    const pong = this.waitingPong;
    if (pong !== undefined) {
      this.waitingPong = undefined;
      this.writer.writeBytes(FIN | Opcode.Pong, pong);
    }
    const isDrainOwed = this.owesDrain;
    this.owesDrain = false;
    return isDrainOwed;
  }

  private sendCompressed(deflate: MessageDeflate, opcode: number, payload: Uint8Array): SendResult {
    if (payload.length >= THREAD_POOL_BYTES) {
      // The pool reads it later, on another thread: the caller's memory may be gone by then.
      const kept = opcode === Opcode.Binary ? new Uint8Array(payload) : payload;
      return this.sendWhenReady(kept.length, deflate.compressLater(kept), (compressed) => {
        const isShorter = compressed.length < kept.length;
        if (isShorter) this.writer.writeBytes(FIN | RSV1 | opcode, compressed);
        else this.writer.writeBytes(FIN | opcode, kept);
      });
    }
    const result = this.admit(payload.length);
    if (result === 'refused') return result;
    const compressed = deflate.compress(payload);
    if (compressed === undefined) this.writer.writeBytes(FIN | opcode, payload);
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
      deferred.unblock(act);
      this.isReleasing = false;
      this.requestWritten();
    };
    ready.then(
      (value) => settle(() => send(value)),
      (cause: unknown) =>
        settle(() => {
          const error = new ConnectionError('CONNECTION_CLOSED', 'a message could not be read', { cause });
          this.owner.failSending(error, CloseCode.InternalError);
        }),
    );
    return 'queued';
  }

  private admit(bytes: number): 'sent' | 'queued' | 'refused' {
    if (this.stream.bufferedAmount === 0) {
      if (bytes >= LARGE_MESSAGE_BYTES) {
        this.writer.wantsWritten = true;
        this.owner.receiveQueued(bytes);
      }
      return 'sent';
    }
    if (!this.isReleasing && !this.hasRoomFor(bytes)) return this.refuse();
    this.oweDrain();
    this.owner.receiveQueued(bytes);
    return 'queued';
  }

  private oweDrain(): void {
    this.owesDrain = true;
    this.writer.wantsWritten = true;
  }

  private refuse(): 'refused' {
    const { limits, whenQueueFull } = this.settings;
    this.owner.receiveRefused();
    if (whenQueueFull === 'close') {
      const error = new ConnectionError(
        'QUEUE_FULL',
        `maxQueuedBytes (${limits.maxQueuedBytes}) wait for a peer that does not read them`,
      );
      this.owner.failSending(error, CloseCode.TryAgainLater, 'too much is waiting to be read');
    }
    return 'refused';
  }

  private defer(bytes: number, send: () => void): SendResult {
    if (this.sending === Sending.Never || this.deferred === undefined) return 'closed';
    if (!this.hasRoomFor(bytes)) return this.refuse();
    this.deferred.add(bytes, send);
    return 'queued';
  }
}
