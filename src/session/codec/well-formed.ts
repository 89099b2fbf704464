// Makes the text of a decoded packet well-formed Unicode: JSON can write half a surrogate pair, and no other encoding can.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * What was decoded of `message`, with U+FFFD for every half of a surrogate pair, as whoever writes UTF-8 has it. Otherwise
 * two names of a map, or two keys, that differ for one reader are the same for another, who takes that for malformed.
 */
export function withWellFormedText(value: unknown, message: string | Uint8Array): unknown {
  // A transport gives whole characters: the half of one can only come of an escape.
  const mayHoldHalves = typeof message === 'string' && (message.includes('\\ud') || message.includes('\\uD'));
  return mayHoldHalves ? repair(value) : value;
}

function repair(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(repair);
  const repaired: Record<string, unknown> = Object.create(null);
  for (const name in value) repaired[wellFormed(name)] = repair((value as Record<string, unknown>)[name]);
  return repaired;
}

function wellFormed(text: string): string {
  return decoder.decode(encoder.encode(text));
}
