// Checks UTF-8 (RFC 3629) piece by piece, failing at the first byte that makes it invalid.

/** Checks a whole range at once. The shell may hand in a native one; it must accept exactly well-formed UTF-8. */
export type IsUtf8 = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * The state between two pieces of one text: how many continuation bytes are missing, and the bounds of the next,
 * packed as `missing | lower << 8 | upper << 16`. `UTF8_START` is a boundary between characters.
 */
export type Utf8State = number;

export const UTF8_START: Utf8State = 0;
export const UTF8_INVALID: Utf8State = -1;

const missing = (count: number, lower = 0x80, upper = 0xbf): Utf8State =>
  count | (lower << 8) | (upper << 16);

/** What may follow a lead byte: the rows of RFC 3629, section 4. */
function stateAfterLeadByte(byte: number): Utf8State {
  if (byte < 0x80) return UTF8_START;
  if (byte < 0xc2) return UTF8_INVALID; // a continuation byte, or an overlong form
  if (byte < 0xe0) return missing(1);
  if (byte === 0xe0) return missing(2, 0xa0); // below: overlong
  if (byte === 0xed) return missing(2, 0x80, 0x9f); // above: a surrogate
  if (byte < 0xf0) return missing(2);
  if (byte === 0xf0) return missing(3, 0x90); // below: overlong
  if (byte < 0xf4) return missing(3);
  if (byte === 0xf4) return missing(3, 0x80, 0x8f); // above: beyond U+10FFFF
  return UTF8_INVALID;
}

/** Walks `bytes[start, end)` from a state; gives the state after it, or `UTF8_INVALID`. */
export function stepUtf8(state: Utf8State, bytes: Uint8Array, start: number, end: number): Utf8State {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (state === UTF8_START) {
      if (byte < 0x80) continue;
      state = stateAfterLeadByte(byte);
      if (state === UTF8_INVALID) return UTF8_INVALID;
    } else {
      if (byte < ((state >> 8) & 0xff) || byte > state >> 16) return UTF8_INVALID;
      const left = (state & 0xff) - 1;
      state = left === 0 ? UTF8_START : missing(left);
    }
  }
  return state;
}

/** The plain check of a whole range; floors with a faster one inject it. */
export const isUtf8: IsUtf8 = (bytes, start, end) => stepUtf8(UTF8_START, bytes, start, end) === UTF8_START;

/**
 * As `stepUtf8`, but leaves all but the edges of the piece to `isWhole`: the character that began in the piece
 * before, and the one that the end of this piece may cut.
 */
export function checkUtf8Piece(
  state: Utf8State,
  piece: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
  isWhole: IsUtf8,
): Utf8State {
  const { bytes, end } = piece;
  let { start } = piece;
  while (state !== UTF8_START && start < end) {
    state = stepUtf8(state, bytes, start, start + 1);
    if (state === UTF8_INVALID) return UTF8_INVALID;
    start += 1;
  }
  const cut = startOfLastCharacter(bytes, start, end);
  if (!isWhole(bytes, start, cut)) return UTF8_INVALID;
  return stepUtf8(state, bytes, cut, end);
}

/** Where the last character of the range begins, looking back at most the three bytes that a cut can leave. */
function startOfLastCharacter(bytes: Uint8Array, start: number, end: number): number {
  const earliest = Math.max(start, end - 3);
  for (let at = end - 1; at >= earliest; at -= 1) {
    if ((bytes[at] as number) >= 0xc0) return at;
  }
  return end;
}
