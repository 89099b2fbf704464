// Keeps what a peer sent from commanding the terminal that it is printed on.

/** Escape sequences from a peer could retitle a terminal, hide text or worse: they are shown, not obeyed. */
export function escapeControls(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    const hex = character.codePointAt(0)!.toString(16);
    return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : unicodeEscape(character);
  });
}

/** A value as one line of JSON, in which nothing is left for a terminal to obey. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Bidi_Control}]/gu, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
}
