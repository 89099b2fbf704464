// One endpoint of a WebSocket connection after the opening handshake: messages in, control frames answered, and the
// closing handshake from either side (RFC 6455, sections 5.5 and 7).

import { type IsUtf8, isUtf8 } from '../bytes/utf8.ts';
import type { ProtocolError } from '../errors.ts';
import { CloseCode } from '../frame/close-code.ts';
import { parseClosePayload, serializeClosePayload } from '../frame/close-payload.ts';
import type { Role } from '../frame/frame-parser.ts';
import { Opcode } from '../frame/opcode.ts';
import { type MessageLimits, resolveMessageLimits } from '../limits.ts';
import { type Keeping, keepingDefaults } from '../message/fragment-buffer.ts';
import { type MessageHandler, MessageReader } from '../message/message-reader.ts';

/** What an endpoint calls. It owns no socket and no clock: deadlines, and ending the TCP connection, are the caller's. */
export interface EndpointHandler {
  /** A message: `bytes[start, end)`; `endpoint.isText`, `isAscii` and `isCompressed` describe it during the call. */
  receiveMessage(bytes: Uint8Array, start: number, end: number): void;
  /** A fragment is complete that does not end its message: told for those who count. */
  receiveFragment?(): void;
  /** A Ping; the endpoint has its Pong sent by itself (5.5.2). Read the payload during the call. */
  receivePing(bytes: Uint8Array, start: number, end: number): void;
  /** A Pong. */
  receivePong(bytes: Uint8Array, start: number, end: number): void;
  /** The peer's Close arrived, and ours is sent: the closing handshake is complete, end the connection (7.1.1). */
  receiveClose(code: number, reason: string): void;
  /** The peer broke a rule. Our Close is sent: end the connection without waiting for more (7.1.7). */
  receiveError(error: ProtocolError): void;
  /** Send this control frame; the payload is the caller's to keep. */
  sendControl(opcode: number, payload: Uint8Array): void;
}

export interface EndpointOptions {
  readonly role: Role;
  /** @default messageLimitDefaults */
  readonly limits?: Required<MessageLimits>;
  /** Whether permessage-deflate is agreed. @default false */
  readonly allowRsv1?: boolean;
  /** Whether a length must come in its shortest form (5.2). @default true */
  readonly requireMinimalLength?: boolean;
  /** @default a plain check in TypeScript */
  readonly isUtf8?: IsUtf8;
  /** How pieces of unfinished messages are kept. @default chunks are the endpoint's own, memory is `Uint8Array`s */
  readonly keeping?: Keeping;
}

const defaultLimits = resolveMessageLimits();

export class Endpoint implements MessageHandler {
  /** A Close frame went out: no other frame may follow it (5.5.1). */
  isCloseSent = false;
  /** A Close frame came in, or the connection failed: nothing more is received. */
  isCloseReceived = false;
  private readonly reader: MessageReader;
  private readonly handler: EndpointHandler;
  private readonly isUtf8: IsUtf8;

  constructor(handler: EndpointHandler, options: EndpointOptions) {
    this.handler = handler;
    this.isUtf8 = options.isUtf8 ?? isUtf8;
    this.reader = new MessageReader(this, {
      role: options.role,
      limits: options.limits ?? defaultLimits,
      allowRsv1: options.allowRsv1 === true,
      requireMinimalLength: options.requireMinimalLength !== false,
      isUtf8: this.isUtf8,
      keeping: options.keeping ?? keepingDefaults,
    });
  }

  /** Whether the message handed over is text. */
  get isText(): boolean {
    return this.reader.isText;
  }

  /** Whether the text handed over is all ASCII. */
  get isAscii(): boolean {
    return this.reader.isAscii;
  }

  /** Whether the message handed over is still compressed. */
  get isCompressed(): boolean {
    return this.reader.isCompressed;
  }

  /** Memory held for a message that is not complete. */
  get unfinishedBytes(): number {
    return this.reader.unfinishedBytes;
  }

  /** Takes bytes from the peer; returns the index after the last one consumed (less than the length when paused). */
  receive(chunk: Uint8Array, start = 0): number {
    return this.reader.receive(chunk, start);
  }

  /** See `MessageReader.roomForMore`. */
  roomForMore(): Uint8Array | undefined {
    return this.reader.roomForMore();
  }

  pause(): void {
    this.reader.pause();
  }

  resume(): void {
    this.reader.resume();
  }

  /** Starts the closing handshake, or does nothing if it has started. Throws `UsageError` on a code or reason that must not be sent. */
  sendClose(code?: number, reason?: string): void {
    const payload = serializeClosePayload(code, reason);
    if (!this.isCloseSent) this.#sendClose(payload);
  }

  /** Fails the connection for a reason found above this floor, as if the peer had broken a rule (7.1.7). */
  fail(error: ProtocolError): void {
    this.receiveError(error);
  }

  /** Ends it without a word: nothing more is received, and nothing is to be sent. */
  abort(): void {
    this.isCloseSent = true;
    this.isCloseReceived = true;
    this.reader.stop();
  }

  receiveMessage(bytes: Uint8Array, start: number, end: number): void {
    this.handler.receiveMessage(bytes, start, end);
  }

  receiveFragment(): void {
    this.handler.receiveFragment?.();
  }

  receiveControl(opcode: number, bytes: Uint8Array, start: number, end: number): void {
    switch (opcode) {
      case Opcode.Ping:
        // 5.5.2. "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame in response, unless it already
        // received a Close frame."
        if (!this.isCloseSent) this.handler.sendControl(Opcode.Pong, bytes.subarray(start, end));
        this.handler.receivePing(bytes, start, end);
        return;
      case Opcode.Pong:
        this.handler.receivePong(bytes, start, end);
        return;
      default:
        this.#receiveClose(bytes.subarray(start, end));
    }
  }

  receiveError(error: ProtocolError): void {
    if (this.isCloseReceived) return;
    this.isCloseReceived = true;
    this.reader.stop();
    // 7.1.7. "An endpoint SHOULD send a Close frame with an appropriate status code before proceeding."
    if (!this.isCloseSent) this.#sendClose(serializeClosePayload(error.closeCode));
    this.handler.receiveError(error);
  }

  #receiveClose(payload: Uint8Array): void {
    const status = parseClosePayload(payload, this.isUtf8);
    if (status instanceof Error) {
      this.receiveError(status);
      return;
    }
    this.isCloseReceived = true;
    this.reader.stop();
    // 5.5.1. "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send
    // a Close frame in response. … it typically echos the status code it received."
    if (!this.isCloseSent) {
      this.#sendClose(serializeClosePayload(status.code === CloseCode.NoStatus ? undefined : status.code));
    }
    this.handler.receiveClose(status.code, status.reason);
  }

  #sendClose(payload: Uint8Array): void {
    this.isCloseSent = true;
    this.handler.sendControl(Opcode.Close, payload);
  }
}
