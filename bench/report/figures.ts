// How figures are written, in every report alike.

import { isAvailable, type PeerResult, type TargetResult } from '../measure/result.ts';
import { type Spread, spreadOf } from '../measure/statistics.ts';
import { peerTitles } from '../peers.ts';

/** Three digits that count, without an exponent: `0.0421`, `7.31`, `128`. */
export function number(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

/** `0.70 (0.68–0.75)` */
export function spread({ median, least, greatest }: Spread): string {
  return `${number(median)} (${number(least)}–${number(greatest)})`;
}

/** The figure of a peer with its spread; `–` when the peer is not part of the row, `n/a` when it could not do it. */
export function costOf(result: PeerResult | undefined): string {
  if (result === undefined) return '–';
  return isAvailable(result) ? spread(spreadOf(result.costs)) : 'n/a';
}

/** `0.096 × ws (target ≤ 0.11)` */
export function targetText({ against, atMost, figure }: TargetResult, unit: string): string {
  const what = against === undefined ? unit : `× ${peerTitles[against].split(' ', 1)[0]}`;
  return `${figure === undefined ? '?' : spread(figure)} ${what} ≤ ${atMost}`;
}

export function verdict({ met }: TargetResult): string {
  return met === undefined ? 'not measured' : met ? 'met' : 'MISSED';
}

/** A whole number, in groups of three digits. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');
}

/** A cell of a study's table. */
export function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  return Number.isInteger(cell) ? whole(cell) : number(cell);
}
