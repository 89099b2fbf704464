// Parses RFC 6455 frames out of a stream of bytes, in place, checking every rule at the first byte that can break it.

import {
  applyMaskingKey,
  applyMaskingKeyToText,
  isAscii,
  maskingKeyFrom,
  turnMaskingKey,
} from '../bytes/masking.ts';
import { ProtocolError, type ProtocolErrorCode } from '../errors.ts';
import { FRAME_COST_BYTES, type MessageLimits } from '../limits.ts';
import { FIN, RSV1 } from './frame-serializer.ts';
import { isControl, isReserved, Opcode } from './opcode.ts';

/** Which end of the connection one is: it decides who masks (5.1). */
export type Role = 'client' | 'server';

/** What the parser calls. The frame that a call is about is described by the parser's own properties. */
export interface FrameHandler {
  /**
   * A piece of the current frame's payload: `bytes[start, end)`, unmasked. A frame has one piece or more; an empty
   * frame has one empty piece. `isLast` ends the frame.
   */
  receivePayload(bytes: Uint8Array, start: number, end: number, isLast: boolean): void;
  /** The peer broke a rule. Nothing more is parsed, ever. */
  receiveFrameError(error: ProtocolError): void;
}

export interface FrameParserOptions {
  readonly role: Role;
  readonly limits: Required<MessageLimits>;
  /** Whether an agreed extension gives RSV1 a meaning on the first frame of a message (RFC 7692, section 6). */
  readonly allowRsv1?: boolean;
  /** Whether a length must come in its shortest form (5.2). @default true */
  readonly requireMinimalLength?: boolean;
}

const Stage = {
  FirstByte: 0,
  SecondByte: 1,
  ExtendedLength: 2,
  MaskingKey: 3,
  Payload: 4,
} as const;
type Stage = (typeof Stage)[keyof typeof Stage];

const RSV2_AND_RSV3 = 0x30;
const MASK = 0x80;
const LONGEST_CONTROL_PAYLOAD = 125;
const DEFLATE_OVERHEAD_BYTES = 64;

/**
 * The parser of one direction of one connection. It allocates nothing for a frame, keeps nothing of a chunk, and
 * alters a chunk only to unmask it. Fields are plain rather than `#private`: they are set for every frame.
 */
export class FrameParser {
  /** The opcode of the current frame. */
  opcode: number = Opcode.Continuation;
  /** Whether the current frame is the last of its message. */
  isFinal = true;
  /** Text or Binary: what the current message, or the last one, began with. */
  messageOpcode: number = Opcode.Continuation;
  /** Whether RSV1 stood on the first frame of that message. */
  isCompressed = false;
  /** Whether the piece last handed over is all ASCII; only known of text. */
  isAscii = false;

  private readonly handler: FrameHandler;
  private readonly limits: Required<MessageLimits>;
  private readonly isMaskExpected: boolean;
  private readonly allowedFlags: number;
  private readonly requireMinimalLength: boolean;
  private stage: Stage = Stage.FirstByte;
  private isMessageOpen = false;
  private isStopped = false;
  private isPaused = false;
  private length = 0;
  /** The smallest length that the form in use may express. */
  private shortestExtended = 0;
  /** Bytes still missing of what the stage reads. */
  private missing = 0;
  private maskingKey = 0;
  private messageBytes = 0;
  private messageCostBytes = 0;

  constructor(handler: FrameHandler, options: FrameParserOptions) {
    this.handler = handler;
    this.limits = options.limits;
    this.isMaskExpected = options.role === 'server';
    this.allowedFlags = options.allowRsv1 === true ? RSV1 : 0;
    this.requireMinimalLength = options.requireMinimalLength !== false;
  }

  /**
   * Parses `chunk` from `start`, calling the handler, and returns the index after the last byte consumed: the length of
   * the chunk, unless the parser was paused on the way. Consumed bytes are unmasked in place: parse them once only.
   */
  receive(chunk: Uint8Array, start = 0): number {
    const end = chunk.length;
    let at = start;
    while (at < end && !this.isPaused) {
      if (this.isStopped) return end;
      at = this.stage === Stage.Payload ? this.readPayload(chunk, at, end) : this.readHeader(chunk, at, end);
    }
    return at;
  }

  /** Bytes of the current frame's payload that have not come yet; 0 while its header has not. */
  get missingPayload(): number {
    return this.stage === Stage.Payload ? this.missing : 0;
  }

  /** Stops after the piece being handled, so that the rest of the chunk is left to be parsed after `resume`. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** Discards everything from here on: what comes after a Close frame, or after an error (5.5.1, 7.1.7). */
  stop(): void {
    this.isStopped = true;
  }

  private readHeader(chunk: Uint8Array, from: number, end: number): number {
    let at = from;
    if (this.stage === Stage.FirstByte) {
      if (!this.acceptFirstByte(chunk[at] as number)) return end;
      at += 1;
      this.stage = Stage.SecondByte;
      if (at === end) return at;
    }
    if (this.stage === Stage.SecondByte) {
      if (!this.acceptSecondByte(chunk[at] as number)) return end;
      at += 1;
    }
    while (this.stage === Stage.ExtendedLength) {
      if (at === end) return at;
      if (!this.acceptLengthByte(chunk[at] as number)) return end;
      at += 1;
    }
    if (this.stage === Stage.MaskingKey) {
      if (this.missing === 4 && end - at >= 4) {
        this.maskingKey = maskingKeyFrom(
          chunk[at] as number,
          chunk[at + 1] as number,
          chunk[at + 2] as number,
          chunk[at + 3] as number,
        );
        at += 4;
        this.beginPayload();
      } else {
        for (; this.missing > 0; this.missing -= 1) {
          if (at === end) return at;
          this.maskingKey |= (chunk[at] as number) << ((4 - this.missing) << 3);
          at += 1;
        }
        this.beginPayload();
      }
    }
    // An empty frame is complete with its header.
    return this.length === 0 ? this.readPayload(chunk, at, at) : at;
  }

  private acceptFirstByte(byte: number): boolean {
    const opcode = byte & 0x0f;
    const flags = byte & (RSV1 | RSV2_AND_RSV3);
    if (flags !== 0 && !this.acceptFlags(flags, opcode)) return false;
    if (isReserved(opcode))
      return this.fail('RESERVED_OPCODE', `opcode ${opcode} is reserved (RFC 6455, section 5.2)`);

    const isFinal = (byte & FIN) !== 0;
    if (isControl(opcode)) {
      if (!isFinal) {
        return this.fail(
          'FRAGMENTED_CONTROL',
          'a control frame must not be fragmented (RFC 6455, section 5.5)',
        );
      }
    } else if (opcode === Opcode.Continuation) {
      if (!this.isMessageOpen) {
        return this.fail(
          'UNEXPECTED_CONTINUATION',
          'no message is open to be continued (RFC 6455, section 5.4)',
        );
      }
    } else {
      if (this.isMessageOpen) {
        return this.fail(
          'EXPECTED_CONTINUATION',
          'a new message began inside another (RFC 6455, section 5.4)',
        );
      }
      this.isMessageOpen = true;
      this.messageOpcode = opcode;
      this.isCompressed = flags !== 0;
      this.messageBytes = 0;
      this.messageCostBytes = 0;
    }
    this.opcode = opcode;
    this.isFinal = isFinal;
    return true;
  }

  private acceptFlags(flags: number, opcode: number): boolean {
    if ((flags & ~this.allowedFlags) !== 0) {
      return this.fail(
        'RESERVED_BIT',
        'a reserved bit is set that no extension defines (RFC 6455, section 5.2)',
      );
    }
    // RFC 7692, 6.1: the bit stands on the first frame of a message, and never on a control frame.
    if (isControl(opcode) || opcode === Opcode.Continuation) {
      return this.fail(
        'RESERVED_BIT',
        'RSV1 belongs on the first frame of a message only (RFC 7692, section 6)',
      );
    }
    return true;
  }

  private acceptSecondByte(byte: number): boolean {
    const isMasked = (byte & MASK) !== 0;
    if (isMasked !== this.isMaskExpected) {
      return isMasked
        ? this.fail('MASKED_FRAME', 'masked frame from a server (RFC 6455, section 5.1)')
        : this.fail('UNMASKED_FRAME', 'unmasked frame from a client (RFC 6455, section 5.1)');
    }
    const length = byte & 0x7f;
    if (length > LONGEST_CONTROL_PAYLOAD) {
      if (isControl(this.opcode)) {
        return this.fail(
          'CONTROL_TOO_LONG',
          'a control frame carries at most 125 bytes (RFC 6455, section 5.5)',
        );
      }
      this.length = 0;
      this.missing = length === 126 ? 2 : 8;
      this.shortestExtended = length === 126 ? 126 : 65_536;
      this.stage = Stage.ExtendedLength;
      return true;
    }
    this.length = length;
    return this.acceptLength();
  }

  private acceptLengthByte(byte: number): boolean {
    if (this.missing === 8 && byte >= 0x80) {
      return this.fail(
        'LENGTH_INVALID',
        'the highest bit of a 64-bit length must be 0 (RFC 6455, section 5.2)',
      );
    }
    this.length = this.length * 256 + byte;
    this.missing -= 1;
    // 5.2. "in all cases, the minimal number of bytes MUST be used to encode the length": whatever the bytes to come,
    // the length is less than one more of what was read so far.
    const unit = 256 ** this.missing;
    if ((this.length + 1) * unit <= this.shortestExtended && this.requireMinimalLength) {
      return this.fail(
        'LENGTH_NOT_MINIMAL',
        `a length below ${this.shortestExtended} is not in its shortest form (RFC 6455, section 5.2)`,
      );
    }
    // And it is at least this.
    if (this.missing > 0) return this.checkLimits(this.length * unit);
    return this.acceptLength();
  }

  private acceptLength(): boolean {
    if (!isControl(this.opcode)) {
      if (!this.checkLimits(this.length)) return false;
      this.messageBytes += this.length;
      this.messageCostBytes += this.length + FRAME_COST_BYTES;
    }
    if (this.isMaskExpected) {
      this.maskingKey = 0;
      this.missing = 4;
      this.stage = Stage.MaskingKey;
    } else {
      this.beginPayload();
    }
    return true;
  }

  /** Whether a payload of `length` bytes (or more) still fits into the frame, the message and the cost it may have. */
  private checkLimits(length: number): boolean {
    const { maxFrameBytes, maxMessageBytes, maxMessageCostBytes } = this.limits;
    // DEFLATE makes what cannot be compressed a little longer; the message itself is measured once it is inflated.
    const slack = this.isCompressed ? (maxMessageBytes >>> 10) + DEFLATE_OVERHEAD_BYTES : 0;
    if (length > maxFrameBytes + slack) {
      return this.fail(
        'FRAME_TOO_BIG',
        `a frame of at least ${length} bytes exceeds maxFrameBytes (${maxFrameBytes})`,
      );
    }
    if (this.messageBytes + length > maxMessageBytes + slack) {
      return this.fail('MESSAGE_TOO_BIG', `the message exceeds maxMessageBytes (${maxMessageBytes})`);
    }
    if (this.messageCostBytes + length + FRAME_COST_BYTES > maxMessageCostBytes + slack) {
      return this.fail(
        'MESSAGE_TOO_COSTLY',
        `the message has so many fragments that it exceeds maxMessageCostBytes (${maxMessageCostBytes})`,
      );
    }
    return true;
  }

  private beginPayload(): void {
    this.missing = this.length;
    this.stage = Stage.Payload;
  }

  private readPayload(chunk: Uint8Array, start: number, chunkEnd: number): number {
    const isLast = this.missing <= chunkEnd - start;
    const end = isLast ? start + this.missing : chunkEnd;
    if (this.messageOpcode === Opcode.Text) {
      this.isAscii = this.isMaskExpected
        ? applyMaskingKeyToText(chunk, start, end, this.maskingKey)
        : isAscii(chunk, start, end);
    } else if (this.isMaskExpected) {
      applyMaskingKey(chunk, start, end, this.maskingKey);
    }
    if (isLast) {
      this.stage = Stage.FirstByte;
      if (this.isFinal && !isControl(this.opcode)) this.isMessageOpen = false;
    } else {
      this.missing -= end - start;
      this.maskingKey = turnMaskingKey(this.maskingKey, end - start);
    }
    this.handler.receivePayload(chunk, start, end, isLast);
    return end;
  }

  private fail(code: ProtocolErrorCode, message: string): false {
    this.isStopped = true;
    this.handler.receiveFrameError(new ProtocolError(code, message));
    return false;
  }
}
