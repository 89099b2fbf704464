// A position: where in a channel's one and only order a reader stands.

/**
 * `epoch` names one unbroken life of a channel's log; `offset` counts its stored publications, from 1.
 * Offset 0 stands before the first. Two positions can be compared only within one epoch: the epoch changes whenever
 * continuity cannot be proven (a lost store, an older backup restored), and then nothing is known about what is between.
 */
export interface Position {
  /** 1–32 characters of `A–Z a–z 0–9 - _`. */
  readonly epoch: string;
  /** A whole number from 0 to 2⁵³ − 1. */
  readonly offset: number;
}

export const maxEpochLength = 32;

/** Where everybody stands in a channel that stores nothing (`signal`): there is nothing to have missed. */
export const unstoredPosition: Position = Object.freeze({ epoch: '0', offset: 0 });

export function isEpoch(text: string): boolean {
  if (text.length === 0 || text.length > maxEpochLength) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isDigit = code >= 0x30 && code <= 0x39;
    const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
    if (!isDigit && !isLetter && code !== 0x2d && code !== 0x5f) return false;
  }
  return true;
}

export function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

/** `epoch/offset`: for a URL, a log line, the event id of SSE. A channel name holds no `/`, so `name/epoch/offset` is clear. */
export function serializePosition(position: Position): string {
  return `${position.epoch}/${position.offset}`;
}

/** The position that `serializePosition` wrote, or `undefined`. There is one spelling of each: no sign, no leading zero. */
export function parsePosition(text: string): Position | undefined {
  if (text.length > maxEpochLength + 17) return undefined;
  const slash = text.indexOf('/');
  const epoch = text.slice(0, Math.max(slash, 0));
  const digits = text.slice(slash + 1);
  const offset = Number(digits);
  if (!isEpoch(epoch) || !isOffset(offset) || String(offset) !== digits) return undefined;
  return { epoch, offset };
}

/** Negative, zero or positive as `a` is before, at or after `b`; `undefined` when their epochs differ. */
export function comparePositions(a: Position, b: Position): number | undefined {
  return a.epoch === b.epoch ? a.offset - b.offset : undefined;
}

export function equalPositions(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.offset === b.offset;
}
