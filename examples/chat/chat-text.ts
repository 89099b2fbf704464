// What a text must be to be shown to others: checked in the page before it is sent, and by the server whoever sends it.

/** Sizes in UTF-16 code units, as `maxlength` in the page counts them. */
export const chatLimits = Object.freeze({ maxNameLength: 24, maxTextLength: 2_000, maxChannelLength: 24 });

/** What is wrong with a value, as a sentence that may be shown to a person. */
export class Invalid extends Error {
  override readonly name = 'Invalid';
}

/** One line with single spaces, of visible characters. @throws {Invalid} */
export function readName(value: unknown): string {
  const { maxNameLength } = chatLimits;
  if (typeof value !== 'string') throw new Invalid('A name is a text.');
  if (value.length > maxNameLength) throw new Invalid(`A name has at most ${maxNameLength} characters.`);
  const name = value.normalize('NFC').trim().split(/\s+/u).join(' ');
  // Control, format and unassigned characters could hide a name or turn the text after it around; the zero-width
  // joiner alone may pass, because families and flags among the emoji are joined by it.
  if (!/[\p{L}\p{N}\p{S}]/u.test(name) || /(?!\u200d)\p{C}/u.test(name)) {
    throw new Invalid('A name needs letters, digits or symbols that can be seen.');
  }
  return name;
}

/** Any text with something to see in it; line breaks and tabs are welcome, other control characters are not. */
export function readText(value: unknown): string {
  const { maxTextLength } = chatLimits;
  if (typeof value !== 'string') throw new Invalid('A message is a text.');
  if (value.length > maxTextLength) {
    throw new Invalid(`A message has at most ${maxTextLength} characters.`);
  }
  const text = value.trim();
  if (text === '') throw new Invalid('A message needs some text.');
  if (/(?![\n\t])[\p{Cc}\p{Cs}]/u.test(text)) throw new Invalid('The message holds control characters.');
  return text;
}

/** A random word made by the page: 16 to 64 letters, digits, `-` and `_`. */
export function readToken(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{16,64}$/.test(value)) throw new Invalid('This is no token.');
  return value;
}

/** The name of a channel: small letters, digits and hyphens. */
export function readChannelName(value: unknown): string {
  const { maxChannelLength } = chatLimits;
  if (typeof value !== 'string' || value.length > maxChannelLength || !/^[a-z\d][a-z\d-]*$/.test(value)) {
    throw new Invalid(`A channel is named by at most ${maxChannelLength} small letters, digits and hyphens.`);
  }
  return value;
}
