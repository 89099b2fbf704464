// The connection that a server's handlers get: the application's face of a framed stream.

import { CloseCode, Opcode, type ProtocolError, UsageError } from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';
import { limitOf } from '../connection/broken-limit.ts';
import type {
  Connection,
  ConnectionHandlers,
  DrainedOptions,
  ReadyState,
  SendOptions,
} from '../connection/connection.ts';
import type { ConnectionSettings } from '../connection/connection-options.ts';
import { DrainWaiters } from '../connection/drain-waiters.ts';
import { FramedStream, type FramedStreamHandler } from '../connection/framed-stream.ts';
import { type BinaryData, bytesOf, controlPayload } from '../connection/message-data.ts';
import type { SendResult } from '../connection/message-sender.ts';
import { PauseReason } from '../connection/pause-reason.ts';
import { PreparedMessage } from '../connection/prepared-message.ts';
import type { BudgetHolder, SharedBudget, ShedLimit } from '../connection/shared-budget.ts';
import type { MessageDeflate } from '../deflate/message-deflate.ts';
import { ConnectionError, errorOf } from '../errors.ts';
import type { ConnectionStream } from '../whatwg/connection-stream.ts';
import { MessageStreams } from '../whatwg/message-streams.ts';
import { isPromise, reportTo } from './report-error.ts';

/** What all connections of one server share. */
export interface ConnectionOwner<Data> {
  readonly handlers: ConnectionHandlers<Data>;
  readonly settings: ConnectionSettings;
  readonly budget: SharedBudget;
  /** The connection is gone. */
  forget(connection: ServerConnection<Data>): void;
}

/** What the opening handshake agreed on. */
export interface ConnectionIdentity<Data> {
  readonly data: Data;
  readonly protocol: string;
  readonly extensions: string;
  readonly remoteAddress: string;
  /** permessage-deflate, if it was agreed to. */
  readonly deflate: MessageDeflate | undefined;
}

export class ServerConnection<Data> implements Connection<Data>, FramedStreamHandler, BudgetHolder {
  data: Data;
  readonly protocol: string;
  readonly extensions: string;
  readonly remoteAddress: string;
  private readonly owner: ConnectionOwner<Data>;
  private readonly framed: FramedStream;
  private state: ReadyState = 'open';
  private handlersInFlight = 0;
  /** What those were given: bytes of binary, characters of text. */
  private lengthInFlight = 0;
  private drainWaiters: DrainWaiters | undefined = undefined;
  private streams: MessageStreams | undefined = undefined;

  constructor(stream: ByteStream, owner: ConnectionOwner<Data>, identity: ConnectionIdentity<Data>) {
    this.data = identity.data;
    this.protocol = identity.protocol;
    this.extensions = identity.extensions;
    this.remoteAddress = identity.remoteAddress;
    this.owner = owner;
    this.framed = new FramedStream(stream, this, {
      role: 'server',
      settings: owner.settings,
      deflate: identity.deflate,
      budget: owner.budget,
    });
  }

  /** Calls the `open` handler and begins to read; `head` is what arrived behind the opening handshake. */
  start(head?: Buffer): void {
    const { handlers } = this.owner;
    if (handlers.open !== undefined) this.call(() => handlers.open?.(this));
    this.framed.start(head);
  }

  get readyState(): ReadyState {
    return this.state;
  }

  get bufferedAmount(): number {
    return this.framed.bufferedAmount;
  }

  send(data: string | BinaryData | Blob | PreparedMessage, options?: SendOptions): SendResult {
    const compress = options?.compress;
    if (typeof data === 'string') return this.framed.sendText(data, compress);
    if (data instanceof PreparedMessage) return this.framed.sendPrepared(data);
    if (data instanceof Blob) return this.framed.sendBlob(data, compress);
    return this.framed.sendBinary(bytesOf(data), compress);
  }

  ping(data?: string | BinaryData): SendResult {
    return this.framed.sendPingOrPong(Opcode.Ping, controlPayload(data));
  }

  pong(data?: string | BinaryData): SendResult {
    return this.framed.sendPingOrPong(Opcode.Pong, controlPayload(data));
  }

  close(code?: number, reason?: string): void {
    this.framed.close(code, reason);
  }

  terminate(): void {
    if (this.state !== 'closed') this.state = 'closing';
    this.framed.terminate();
  }

  pause(): void {
    this.framed.pause(PauseReason.Application);
  }

  resume(): void {
    this.framed.resume(PauseReason.Application);
  }

  stream(): ConnectionStream {
    if (this.streams !== undefined) return this.streams;
    if (this.state === 'closed') {
      throw new ConnectionError('CONNECTION_CLOSED', 'the connection is closed: it has no streams any more');
    }
    this.streams = new MessageStreams(this.framed, this);
    return this.streams;
  }

  drained(options: DrainedOptions = {}): Promise<void> {
    const { thresholdBytes = 0, signal } = options;
    if (!(thresholdBytes >= 0)) {
      throw new UsageError(`thresholdBytes must be 0 or more, not ${String(thresholdBytes)}`);
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.state === 'closed') {
      return Promise.reject(
        new ConnectionError('CONNECTION_CLOSED', 'the connection is closed: nothing will drain'),
      );
    }
    if (this.bufferedAmount <= thresholdBytes) return Promise.resolve();
    this.drainWaiters ??= new DrainWaiters();
    const promise = this.drainWaiters.wait(options);
    this.framed.requestWritten();
    return promise;
  }

  receiveMessage(data: string | Buffer, isBinary: boolean): void {
    if (this.streams !== undefined) {
      this.streams.receiveMessage(data);
      return;
    }
    const { handlers } = this.owner;
    if (handlers.message === undefined) return;
    try {
      const result = handlers.message(this, data, isBinary);
      if (result !== undefined) this.follow(result, data.length);
    } catch (error) {
      this.containError(error);
    }
  }

  receivePing(payload: Buffer): void {
    const { handlers } = this.owner;
    if (handlers.ping !== undefined) this.call(() => handlers.ping?.(this, payload));
  }

  receivePong(payload: Buffer): void {
    const { handlers } = this.owner;
    if (handlers.pong !== undefined) this.call(() => handlers.pong?.(this, payload));
  }

  receiveWritten(): void {
    this.streams?.receiveWritten();
    if (this.drainWaiters?.release(this.bufferedAmount)) this.framed.requestWritten();
    else this.drainWaiters = undefined;
  }

  receiveDrain(): void {
    const { handlers } = this.owner;
    if (handlers.drain !== undefined) this.call(() => handlers.drain?.(this));
  }

  receiveClosing(): void {
    if (this.state === 'open') this.state = 'closing';
  }

  receiveError(error: ProtocolError | ConnectionError): void {
    const limit = limitOf(error);
    if (limit !== undefined) this.owner.budget.count(limit);
    this.streams?.receiveError(error);
    const { handlers } = this.owner;
    if (handlers.error !== undefined) reportTo(handlers, error, this);
  }

  receiveClosed(code: number, reason: string, wasClean: boolean): void {
    this.state = 'closed';
    this.streams?.receiveClosed(code, reason, wasClean);
    this.drainWaiters?.rejectAll();
    this.owner.forget(this);
    const { handlers } = this.owner;
    if (handlers.close !== undefined) this.call(() => handlers.close?.(this, code, reason));
  }

  /** Calls a handler; what it throws, or rejects with, ends this connection and nothing else. */
  private call(handler: () => unknown): void {
    try {
      const result = handler();
      if (isPromise(result)) result.then(undefined, (error: unknown) => this.containError(error));
    } catch (error) {
      this.containError(error);
    }
  }

  /** Counts a message handler's promise until it settles, and stops reading while too many have not. */
  private follow(result: unknown, length: number): void {
    if (!isPromise(result)) return;
    const { limits } = this.owner.settings;
    this.handlersInFlight += 1;
    this.lengthInFlight += length;
    if (
      this.handlersInFlight >= limits.maxHandlersInFlight ||
      this.lengthInFlight >= limits.maxMessageBytes
    ) {
      this.owner.budget.count('maxHandlersInFlight');
      this.framed.pause(PauseReason.Handlers);
    }
    const settle = (): void => {
      this.handlersInFlight -= 1;
      this.lengthInFlight -= length;
      if (this.lengthInFlight < limits.maxMessageBytes) this.framed.resume(PauseReason.Handlers);
    };
    result.then(settle, (error: unknown) => {
      settle();
      this.containError(error);
    });
  }

  /** What the connection holds of what all share. */
  weight(limit: ShedLimit): number {
    return this.framed.weight(limit);
  }

  /** Lets go of it. */
  shed(limit: ShedLimit): void {
    this.framed.shed(limit);
  }

  private containError(thrown: unknown): void {
    reportTo(this.owner.handlers, errorOf(thrown, 'a handler'), this);
    if (this.state === 'open') this.framed.close(CloseCode.InternalError);
  }
}
