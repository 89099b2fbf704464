// Puts frames together to messages (RFC 6455, section 5.4), and checks that text is UTF-8 as it arrives (section 8.1).

import { checkUtf8Piece, type IsUtf8, UTF8_INVALID, UTF8_START, type Utf8State } from '../bytes/utf8.ts';
import { ProtocolError } from '../errors.ts';
import { type FrameHandler, FrameParser, type FrameParserOptions } from '../frame/frame-parser.ts';
import { isControl, Opcode } from '../frame/opcode.ts';
import { FragmentBuffer, type Keeping } from './fragment-buffer.ts';

/** What the reader calls. The message that a call is about is described by the reader's own properties. */
export interface MessageHandler {
  /**
   * A whole message: `bytes[start, end)`, a view of the chunk it arrived in wherever that is possible. A compressed
   * message is handed up as it came: to inflate it, and then to check its text, is the handler's.
   */
  receiveMessage(bytes: Uint8Array, start: number, end: number): void;
  /** A frame is complete that does not end its message. */
  receiveFragment(): void;
  /** A Close, Ping or Pong frame: `bytes[start, end)` is its payload. Read it during the call. */
  receiveControl(opcode: number, bytes: Uint8Array, start: number, end: number): void;
  /** The peer broke a rule. Nothing more is parsed. */
  receiveError(error: ProtocolError): void;
}

export interface MessageReaderOptions extends FrameParserOptions {
  readonly isUtf8: IsUtf8;
  readonly keeping: Keeping;
}

export class MessageReader implements FrameHandler {
  /** Whether every byte of the message handed over is ASCII; only meaningful for text. */
  isAscii = false;
  private readonly parser: FrameParser;
  private readonly handler: MessageHandler;
  private readonly isUtf8: IsUtf8;
  private readonly keeping: Keeping;
  /** The unfinished message; undefined while none is, which is nearly always. */
  private unfinished: FragmentBuffer | undefined;
  private utf8State: Utf8State = UTF8_START;
  /** A control frame cut by the end of a chunk. */
  private unfinishedControl: FragmentBuffer | undefined;

  constructor(handler: MessageHandler, options: MessageReaderOptions) {
    this.handler = handler;
    this.isUtf8 = options.isUtf8;
    this.keeping = options.keeping;
    this.parser = new FrameParser(this, options);
  }

  /** Whether the message handed over is text. */
  get isText(): boolean {
    return this.parser.messageOpcode === Opcode.Text;
  }

  /** Whether the message handed over is still compressed (RFC 7692). */
  get isCompressed(): boolean {
    return this.parser.isCompressed;
  }

  /** Memory held for a message that is not complete. */
  get unfinishedBytes(): number {
    return this.unfinished === undefined ? 0 : this.unfinished.heldBytes;
  }

  /** See `FrameParser.receive`. */
  receive(chunk: Uint8Array, start = 0): number {
    return this.parser.receive(chunk, start);
  }

  /**
   * Where the bytes still missing of the current frame will be kept, if that is known: what is put there, and then
   * received, is not copied. Undefined whenever anything else may come next.
   */
  roomForMore(): Uint8Array | undefined {
    return this.unfinished?.room(this.parser.missingPayload);
  }

  /** Hands over no further message until `resume`; what is left of the chunk is not consumed. */
  pause(): void {
    this.parser.pause();
  }

  resume(): void {
    this.parser.resume();
  }

  /** Discards everything from here on, and what is unfinished. */
  stop(): void {
    this.parser.stop();
    this.unfinished = undefined;
    this.unfinishedControl = undefined;
  }

  receivePayload(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    const { parser } = this;
    if (isControl(parser.opcode)) {
      this.receiveControlPayload(bytes, start, end, isLast);
      return;
    }
    const isComplete = isLast && parser.isFinal;
    if (isComplete && this.unfinished === undefined) {
      this.isAscii = parser.isAscii;
      if (
        parser.isAscii ||
        parser.messageOpcode !== Opcode.Text ||
        parser.isCompressed ||
        this.isUtf8(bytes, start, end)
      ) {
        this.handler.receiveMessage(bytes, start, end);
      } else {
        this.failUtf8();
      }
      return;
    }
    this.receivePiece(bytes, start, end, isLast);
  }

  receiveFrameError(error: ProtocolError): void {
    this.stop();
    this.handler.receiveError(error);
  }

  private receivePiece(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    const { parser } = this;
    const isComplete = isLast && parser.isFinal;
    if (this.unfinished === undefined) {
      this.unfinished = new FragmentBuffer(this.keeping);
      this.utf8State = UTF8_START;
      this.isAscii = true;
    }
    if (!parser.isAscii) this.isAscii = false;
    if (parser.messageOpcode === Opcode.Text && !parser.isCompressed) {
      if (!parser.isAscii || this.utf8State !== UTF8_START) {
        this.utf8State = checkUtf8Piece(this.utf8State, { bytes, start, end }, this.isUtf8);
      }
      if (this.utf8State === UTF8_INVALID || (isComplete && this.utf8State !== UTF8_START)) {
        this.failUtf8();
        return;
      }
    }
    this.unfinished.append(bytes, start, end, parser.missingPayload);
    if (!isComplete) {
      if (isLast) this.handler.receiveFragment();
      return;
    }
    const message = this.unfinished.join();
    this.unfinished = undefined;
    this.handler.receiveMessage(message, 0, message.length);
  }

  private receiveControlPayload(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    const { opcode } = this.parser;
    if (isLast && this.unfinishedControl === undefined) {
      this.handler.receiveControl(opcode, bytes, start, end);
      return;
    }
    this.unfinishedControl ??= new FragmentBuffer(this.keeping);
    this.unfinishedControl.append(bytes, start, end);
    if (!isLast) return;
    const payload = this.unfinishedControl.join();
    this.unfinishedControl = undefined;
    this.handler.receiveControl(opcode, payload, 0, payload.length);
  }

  private failUtf8(): void {
    this.stop();
    this.handler.receiveError(
      new ProtocolError('INVALID_UTF8', 'a text message is not valid UTF-8 (RFC 6455, section 8.1)'),
    );
  }
}
