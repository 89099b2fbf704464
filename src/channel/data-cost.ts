// What plain data costs to keep: its characters and bytes, and something for each value, so that empty ones count too.

import type { PlainData } from './publication.ts';

/** What a value costs besides its characters or bytes, and what a map or a list does: about what they take in memory. */
const valueBytes = 16;
const containerBytes = 64;

/** In bytes, about. Names of fields cost their characters. */
export function dataCost(data: PlainData): number {
  if (typeof data === 'string') return valueBytes + data.length;
  if (typeof data !== 'object' || data === null) return valueBytes;
  if (data instanceof Uint8Array) return valueBytes + data.length;
  let cost = containerBytes;
  if (Array.isArray(data)) {
    for (const value of data as readonly PlainData[]) cost += dataCost(value);
    return cost;
  }
  const fields = data as Readonly<Record<string, PlainData>>;
  for (const name in fields) cost += name.length + dataCost(fields[name]!);
  return cost;
}
