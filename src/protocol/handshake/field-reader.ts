// Reads the parts of one structured field value from left to right, each character once or twice.

import { isQuotedCode, isSpaceCode, isTokenCode } from './token.ts';

/** Why a field value does not follow its grammar; returned, never thrown. */
export class Malformed {
  /** What is wrong, as the end of a sentence: `name 2 was listed before`. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Stands before the next character of a field value; every method moves forward only. */
export class FieldReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The place of the next character, counted from zero. */
  get position(): number {
    return this.#at;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Moves past spaces and tabs. */
  skipSpace(): void {
    while (this.#at < this.#text.length && isSpaceCode(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  /**
   * Moves past commas and the spaces around them.
   * RFC 9110, 5.6.1.2. "A recipient MUST parse and ignore a reasonable number of empty list elements".
   */
  skipEmptyElements(): void {
    this.skipSpace();
    while (this.take(',')) this.skipSpace();
  }

  /** Moves past the character when it is the next one, and says whether it was. */
  take(character: ',' | ';' | '=' | '"'): boolean {
    if (this.ended || this.#text.charCodeAt(this.#at) !== character.charCodeAt(0)) return false;
    this.#at += 1;
    return true;
  }

  /** The token here; empty when the next character cannot stand in one. */
  takeToken(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && isTokenCode(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  /** The content of the quoted-string whose first quote was just taken, unescaped; undefined when it does not end. */
  takeQuoted(): string | undefined {
    let content = '';
    let start = this.#at;
    while (!this.ended) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) {
        content += this.#text.slice(start, this.#at);
        this.#at += 1;
        return content;
      }
      if (code === 0x5c) {
        // 5.6.4. "quoted-pair = "\" ( HTAB / SP / VCHAR / obs-text )": the next character stands for itself.
        content += this.#text.slice(start, this.#at);
        start = this.#at + 1;
        const escaped = this.#text.charCodeAt(start);
        if (!isQuotedCode(escaped) && escaped !== 0x22 && escaped !== 0x5c) return undefined;
        this.#at += 2;
      } else {
        if (!isQuotedCode(code)) return undefined;
        this.#at += 1;
      }
    }
    return undefined;
  }
}

/**
 * Whether a comma-separated list such as `Connection` has the token as a member, ASCII case-insensitively.
 * Members that are not tokens count as others; `token` is given in lower case.
 */
export function listHasToken(list: string, token: string): boolean {
  let start = 0;
  while (start <= list.length) {
    let end = list.indexOf(',', start);
    if (end === -1) end = list.length;
    if (equalsIgnoringCase(trimSpace(list.slice(start, end)), token)) return true;
    start = end + 1;
  }
  return false;
}

/** Whether the text equals `lower`, which is in lower case, when A–Z count as a–z and no other letters are folded. */
export function equalsIgnoringCase(text: string, lower: string): boolean {
  if (text.length !== lower.length) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const folded = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    if (folded !== lower.charCodeAt(index)) return false;
  }
  return true;
}

/** The text without the spaces and tabs around it. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpaceCode(text.charCodeAt(start))) start += 1;
  while (end > start && isSpaceCode(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
