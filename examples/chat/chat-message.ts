// The messages of the chat, both ways, and the check of everything that a page sends.

/** Sizes in UTF-16 code units, as `maxlength` in the page counts them. */
export const chatLimits = Object.freeze({
  maxNameLength: 24,
  maxTextLength: 2_000,
  maxMessageBytes: 16_384,
});

/** What a page says. */
export type ClientMessage =
  /** The first message. `key` is a secret of this page: whoever shows it again takes over its earlier connection. */
  | { readonly type: 'join'; readonly name: string; readonly key: string }
  /** `id` is chosen by the page, so that a message sent again after a reconnect is said once. */
  | { readonly type: 'say'; readonly id: string; readonly text: string }
  | { readonly type: 'typing'; readonly active: boolean };

export interface Person {
  readonly id: number;
  readonly name: string;
  readonly typing: boolean;
}

export interface Said {
  readonly type: 'said';
  readonly id: string;
  readonly from: { readonly id: number; readonly name: string };
  readonly text: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
}

/** What the server says. */
export type ServerMessage =
  | { readonly type: 'welcome'; readonly you: number; readonly people: Person[]; readonly history: Said[] }
  | { readonly type: 'joined'; readonly person: Person; readonly at: number }
  | { readonly type: 'left'; readonly person: Person; readonly at: number }
  | Said
  | { readonly type: 'typing'; readonly id: number; readonly active: boolean }
  /** The last message was not accepted; `id` names it when it was a `say`. `reason` is a sentence for people. */
  | { readonly type: 'refused'; readonly code: RefusalCode; readonly reason: string; readonly id?: string };

export type RefusalCode =
  | 'NOT_UNDERSTOOD'
  | 'NAME_INVALID'
  | 'NAME_TAKEN'
  | 'TEXT_INVALID'
  | 'JOIN_FIRST'
  | 'JOINED_ALREADY'
  | 'TOO_FAST'
  | 'FULL';

/** A message that is not accepted, with a sentence that the page may show. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** The `say` that was refused. */
  readonly id: string | undefined;

  constructor(code: RefusalCode, reason: string, id?: string) {
    super(reason);
    this.code = code;
    this.id = id;
  }
}

/**
 * Reads one message of a page.
 *
 * @throws {Refusal} when anything in it is not as `ClientMessage` says.
 */
export function parseClientMessage(json: string): ClientMessage {
  const fields = readObject(json);
  const type = fields.get('type');
  switch (type) {
    case 'join':
      return { type, name: readName(fields.get('name')), key: readToken(fields.get('key')) };
    case 'say': {
      const id = readToken(fields.get('id'));
      return { type, id, text: readText(fields.get('text'), id) };
    }
    case 'typing': {
      const active = fields.get('active');
      if (typeof active === 'boolean') return { type, active };
    }
  }
  throw notUnderstood();
}

function readObject(json: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw notUnderstood();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notUnderstood();
  return new Map(Object.entries(value));
}

/** One line with single spaces, of visible characters. */
function readName(value: unknown): string {
  const { maxNameLength } = chatLimits;
  if (typeof value !== 'string') throw notUnderstood();
  if (value.length > maxNameLength) {
    throw new Refusal('NAME_INVALID', `A name has at most ${maxNameLength} characters.`);
  }
  const name = value.normalize('NFC').trim().split(/\s+/u).join(' ');
  // Control, format and unassigned characters could hide a name or turn the text after it around; the zero-width
  // joiner alone may pass, because families and flags among the emoji are joined by it.
  if (!/[\p{L}\p{N}\p{S}]/u.test(name) || /(?!\u200d)\p{C}/u.test(name)) {
    throw new Refusal('NAME_INVALID', 'A name needs letters, digits or symbols that can be seen.');
  }
  return name;
}

/** Any text with something to see in it; line breaks and tabs are welcome, other control characters are not. */
function readText(value: unknown, id: string): string {
  const { maxTextLength } = chatLimits;
  if (typeof value !== 'string') throw notUnderstood();
  if (value.length > maxTextLength) {
    throw new Refusal('TEXT_INVALID', `A message has at most ${maxTextLength} characters.`, id);
  }
  const text = value.trim();
  if (text === '') throw new Refusal('TEXT_INVALID', 'A message needs some text.', id);
  if (/(?![\n\t])[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new Refusal('TEXT_INVALID', 'The message holds control characters.', id);
  }
  return text;
}

/** A random word made by the page: 16 to 64 letters, digits, `-` and `_`. */
function readToken(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{16,64}$/.test(value)) throw notUnderstood();
  return value;
}

function notUnderstood(): Refusal {
  return new Refusal('NOT_UNDERSTOOD', 'The message was not understood.');
}
