// Parses the head of an HTTP/1.1 request or response out of bytes that come in any pieces (RFC 9112).

import { trimSpace } from './field-reader.ts';
import { type HandshakeRejection, type RejectionCode, rejection } from './handshake-error.ts';
import { type DecodeLatin1, decodeLatin1, HeadPart } from './head-part.ts';
import { HeaderList } from './header-list.ts';
import { type HttpHead, type HttpHeadLimits, httpHeadLimitDefaults, singleFields } from './http-head.ts';
import { isTargetCode } from './request-target.ts';
import { isFieldCode, isSpaceCode, isTokenCode } from './token.ts';

export interface HttpHeadOptions extends HttpHeadLimits {
  /** A faster way to make text of bytes, where the runtime has one.
   * @default decodeLatin1, in plain JavaScript */
  readonly decodeLatin1?: DecodeLatin1;
}

const State = Object.freeze({
  /** Before the first byte of the start line. */
  Start: 0,
  /** After the CR of an empty line before the start line. */
  EmptyLine: 1,
  Method: 2,
  Target: 3,
  Version: 4,
  /** After the version of a request. */
  RequestLineEnd: 5,
  /** After the version of a response. */
  StatusSpace: 6,
  Status: 7,
  Reason: 8,
  /** After the CR of a line. */
  LineFeed: 9,
  /** Where a field begins, or the empty line that ends the head. */
  FieldStart: 10,
  FieldName: 11,
  /** Between the colon and the value. */
  FieldSpace: 12,
  FieldValue: 13,
  /** After the CR of the empty line. */
  HeadEnd: 14,
  Done: 15,
} as const);

type State = (typeof State)[keyof typeof State];

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const colon = 0x3a;
const versionPrefix = 'HTTP/1.';

/**
 * Takes bytes until the head ends or is refused; then `head` or `refusal` is set. Strict where leniency has let two
 * programs see two requests in the same bytes: lines end in CR LF, no field of a request is folded, no space stands before
 * a colon.
 */
export class HttpHeadParser<Kind extends HttpHead['type'] = HttpHead['type']> {
  readonly #kind: Kind;
  readonly #limits: Required<HttpHeadLimits>;
  readonly #part: HeadPart;
  readonly #headers = new HeaderList();
  #state: State = State.Start;
  #headBytes = 0;
  #fieldCount = 0;
  #emptyLineSeen = false;
  #method = '';
  #target = '';
  /** How many characters of `HTTP/1.1` were matched. */
  #versionLength = 0;
  #httpVersion = '';
  #status = 0;
  #statusDigits = 0;
  #reason = '';
  #name = '';
  /** The line goes on with the value of the field before. */
  #isFolded = false;
  #head: Extract<HttpHead, { type: Kind }> | undefined;
  #refusal: HandshakeRejection | undefined;

  constructor(kind: Kind, options: HttpHeadOptions = {}) {
    this.#kind = kind;
    const defaults = httpHeadLimitDefaults;
    this.#limits = {
      maxHeadBytes: options.maxHeadBytes ?? defaults.maxHeadBytes,
      maxTargetBytes: options.maxTargetBytes ?? defaults.maxTargetBytes,
      maxHeaders: options.maxHeaders ?? defaults.maxHeaders,
    };
    this.#part = new HeadPart(options.decodeLatin1 ?? decodeLatin1);
  }

  /** The head, once it is whole. */
  get head(): Extract<HttpHead, { type: Kind }> | undefined {
    return this.#head;
  }

  /** Why the head is refused, once it is. A server writes it with `serializeRejection` and closes. */
  get refusal(): HandshakeRejection | undefined {
    return this.#refusal;
  }

  /**
   * Takes the next bytes, and gives how many of them were used. When the head is whole, the rest belong to what follows
   * it; when it is refused, the rest are never to be read. The chunk may be reused afterwards.
   */
  receive(chunk: Uint8Array): number {
    const end = Math.min(chunk.length, this.#limits.maxHeadBytes - this.#headBytes);
    let at = 0;
    while (at < end && this.#state !== State.Done) at = this.#advance(chunk, at, end);
    this.#headBytes += at;
    if (end < chunk.length && this.#state !== State.Done) {
      this.#refuse(
        'HEAD_TOO_LONG',
        `The head is longer than ${this.#limits.maxHeadBytes} bytes. Send fewer fields.`,
      );
    }
    return at;
  }

  /** Handles what is at `at` in one state; gives where to go on, which is `at` itself when only the state changed. */
  #advance(chunk: Uint8Array, at: number, end: number): number {
    const code = chunk[at]!;
    switch (this.#state) {
      case State.Start:
        return this.#start(code, at);
      case State.EmptyLine:
        this.#emptyLineSeen = true;
        return this.#lineFeed(code, at, State.Start);
      case State.Method:
        return this.#readMethod(chunk, at, end);
      case State.Target:
        return this.#readTarget(chunk, at, end);
      case State.Version:
        return this.#readVersion(code, at);
      case State.RequestLineEnd:
        if (code !== carriageReturn) return this.#malformed(code, at, 'the request line');
        this.#state = State.LineFeed;
        return at + 1;
      case State.StatusSpace:
        if (code !== space) return this.#malformed(code, at, 'the status line');
        this.#state = State.Status;
        return at + 1;
      case State.Status:
        return this.#readStatus(code, at);
      case State.Reason:
        return this.#readReason(chunk, at, end);
      case State.LineFeed:
        return this.#lineFeed(code, at, State.FieldStart);
      case State.FieldStart:
        return this.#startField(code, at);
      case State.FieldName:
        return this.#readName(chunk, at, end);
      case State.FieldSpace:
        if (isSpaceCode(code)) return at + 1;
        this.#state = State.FieldValue;
        return at;
      case State.FieldValue:
        return this.#readValue(chunk, at, end);
      case State.HeadEnd:
        return this.#endHead(code, at);
      case State.Done:
        return at;
      default:
        return this.#state satisfies never;
    }
  }

  #start(code: number, at: number): number {
    // RFC 9112, 2.2. "a server that is expecting to receive and parse a request-line SHOULD ignore at least one
    // empty line (CRLF) received prior to the request-line." One, and no more.
    if (this.#kind === 'request' && code === carriageReturn && !this.#emptyLineSeen) {
      this.#state = State.EmptyLine;
      return at + 1;
    }
    this.#state = this.#kind === 'request' ? State.Method : State.Version;
    return at;
  }

  #lineFeed(code: number, at: number, next: State): number {
    if (code !== lineFeed) {
      return this.#refuse(
        'MALFORMED_HEAD',
        'A line of the head has a CR without LF. End each line with CR LF.',
        at,
      );
    }
    this.#state = next;
    return at + 1;
  }

  #readMethod(chunk: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && isTokenCode(chunk[at]!)) at += 1;
    if (at === end) return this.#keep(chunk, start, end);
    if (chunk[at] !== space || this.#part.length + at === start) {
      return this.#malformed(chunk[at]!, at, 'the method');
    }
    this.#method = this.#part.take(chunk, start, at);
    this.#state = State.Target;
    return at + 1;
  }

  #readTarget(chunk: Uint8Array, start: number, end: number): number {
    const longest = start + this.#limits.maxTargetBytes - this.#part.length;
    let at = start;
    while (at < end && isTargetCode(chunk[at]!)) {
      if (at === longest) {
        const { maxTargetBytes } = this.#limits;
        return this.#refuse(
          'TARGET_TOO_LONG',
          `The target is longer than ${maxTargetBytes} bytes. Shorten it.`,
          at,
        );
      }
      at += 1;
    }
    if (at === end) return this.#keep(chunk, start, end);
    if (chunk[at] !== space || this.#part.length + at === start) {
      return this.#malformed(chunk[at]!, at, 'the request target');
    }
    this.#target = this.#part.take(chunk, start, at);
    this.#state = State.Version;
    return at + 1;
  }

  /** RFC 9112, 2.3. "HTTP-version = HTTP-name "/" DIGIT "." DIGIT" */
  #readVersion(code: number, at: number): number {
    if (this.#versionLength < versionPrefix.length) {
      if (code !== versionPrefix.charCodeAt(this.#versionLength)) {
        if (this.#versionLength !== versionPrefix.indexOf('1') || !isDigit(code)) {
          return this.#malformed(code, at, 'the version of HTTP');
        }
        return this.#refuse(
          'HTTP_VERSION_UNSUPPORTED',
          'Only HTTP/1.1 is spoken here. Ask with HTTP/1.1.',
          at,
        );
      }
      this.#versionLength += 1;
      return at + 1;
    }
    if (!isDigit(code)) return this.#malformed(code, at, 'the version of HTTP');
    this.#httpVersion = `1.${code - 0x30}`;
    this.#state = this.#kind === 'request' ? State.RequestLineEnd : State.StatusSpace;
    return at + 1;
  }

  /** RFC 9112, 4. "status-code = 3DIGIT", then a space and a reason; some servers leave out the space. */
  #readStatus(code: number, at: number): number {
    if (this.#statusDigits === 3) {
      if (code !== space && code !== carriageReturn) return this.#malformed(code, at, 'the status');
      this.#state = code === space ? State.Reason : State.LineFeed;
      return at + 1;
    }
    if (!isDigit(code) || (this.#statusDigits === 0 && code === 0x30)) {
      return this.#malformed(code, at, 'the status');
    }
    this.#status = this.#status * 10 + code - 0x30;
    this.#statusDigits += 1;
    return at + 1;
  }

  #readReason(chunk: Uint8Array, start: number, end: number): number {
    const at = fieldEnd(chunk, start, end);
    if (at === end) return this.#keep(chunk, start, end);
    if (chunk[at] !== carriageReturn) return this.#malformed(chunk[at]!, at, 'the reason');
    this.#reason = this.#part.take(chunk, start, at);
    this.#state = State.LineFeed;
    return at + 1;
  }

  #startField(code: number, at: number): number {
    if (code === carriageReturn) {
      this.#state = State.HeadEnd;
      return at + 1;
    }
    // RFC 9112, 5.2. "A server that receives an obs-fold in a request message […] MUST either reject the message by
    // sending a 400 (Bad Request) […] or replace each received obs-fold".
    if (isSpaceCode(code)) {
      // "A user agent that receives an obs-fold in a response message […] MUST replace each received obs-fold with one or
      // more SP octets prior to interpreting the field value".
      if (this.#kind === 'response' && this.#fieldCount > 0) {
        this.#isFolded = true;
        this.#state = State.FieldSpace;
        return at + 1;
      }
      return this.#refuse(
        'MALFORMED_HEAD',
        'A line of the head begins with a space. Write each field on one line.',
        at,
      );
    }
    if (this.#fieldCount === this.#limits.maxHeaders) {
      const { maxHeaders } = this.#limits;
      return this.#refuse('TOO_MANY_HEADERS', `The head has more than ${maxHeaders} fields. Send fewer.`, at);
    }
    this.#fieldCount += 1;
    this.#state = State.FieldName;
    return at;
  }

  #readName(chunk: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && isTokenCode(chunk[at]!)) at += 1;
    if (at === end) return this.#keep(chunk, start, end);
    // RFC 9112, 5.1. "A server MUST reject […] any received request message that contains whitespace between a header
    // field name and colon".
    if (chunk[at] !== colon || this.#part.length + at === start) {
      return this.#malformed(chunk[at]!, at, 'the name of a field');
    }
    this.#name = this.#part.take(chunk, start, at).toLowerCase();
    if (this.#headers.has(this.#name) && singleFields[this.#kind].has(this.#name)) {
      return this.#refuse('DUPLICATE_HEADER', `The field ${this.#name} came twice. Send it once.`, at);
    }
    this.#state = State.FieldSpace;
    return at + 1;
  }

  #readValue(chunk: Uint8Array, start: number, end: number): number {
    const at = fieldEnd(chunk, start, end);
    if (at === end) return this.#keep(chunk, start, end);
    if (chunk[at] !== carriageReturn) return this.#malformed(chunk[at]!, at, 'the value of a field');
    const value = trimSpace(this.#part.take(chunk, start, at));
    if (this.#isFolded) this.#headers.extend(this.#name, value);
    else this.#headers.append(this.#name, value);
    this.#isFolded = false;
    this.#state = State.LineFeed;
    return at + 1;
  }

  #endHead(code: number, at: number): number {
    const next = this.#lineFeed(code, at, State.Done);
    if (this.#refusal !== undefined) return next;
    const headers = this.#headers;
    const httpVersion = this.#httpVersion;
    const head: HttpHead =
      this.#kind === 'request'
        ? { type: 'request', method: this.#method, target: this.#target, httpVersion, headers }
        : { type: 'response', status: this.#status, reason: this.#reason, httpVersion, headers };
    this.#head = Object.freeze(head) as Extract<HttpHead, { type: Kind }>;
    return next;
  }

  /** Keeps a part whose end is still to come. */
  #keep(chunk: Uint8Array, start: number, end: number): number {
    this.#part.keep(chunk, start, end);
    return end;
  }

  #malformed(code: number, at: number, where: string): number {
    const what = code === lineFeed ? 'a LF without CR' : `the byte 0x${code.toString(16).padStart(2, '0')}`;
    return this.#refuse(
      'MALFORMED_HEAD',
      `There is ${what} in ${where}. Send a head as RFC 9112 describes it.`,
      at,
    );
  }

  #refuse(code: RejectionCode, body: string, at = 0): number {
    this.#refusal = rejection(code, body);
    this.#state = State.Done;
    return at;
  }
}

/** Where the bytes that may stand in a field value end. */
function fieldEnd(chunk: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isFieldCode(chunk[at]!)) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
