// The one statistic of the benches: the median of several rounds, with the least and the greatest beside it.

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** Throws a RangeError for no values at all. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('no values to take a median of');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, least: sorted[0]!, greatest: sorted.at(-1)! };
}
