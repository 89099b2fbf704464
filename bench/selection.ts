// What the names on the command line select.
import { type Curve, curves } from './curves.ts';
import { type Row, rows } from './rows.ts';
import { studies } from './studies/studies.ts';
import type { Study } from './studies/study.ts';

export interface Selection {
  readonly rows: readonly Row[];
  readonly studies: readonly Study[];
  readonly curves: readonly Curve[];
  /** Names that select nothing. */
  readonly unknown: readonly string[];
}

/** The rows of `--quick`: enough to see that nothing became slower. */
const quickRows: readonly string[] = ['P1', 'P2', 'P5', 'P8b'];

export function selectionOf(names: readonly string[], isQuick: boolean): Selection {
  if (isQuick && names.length === 0) {
    return { rows: rows.filter(({ id }) => quickRows.includes(id)), studies: [], curves: [], unknown: [] };
  }
  const isNamed = (item: Row | Study | Curve) =>
    names.some((name) => wordsFor(item).includes(name.toLowerCase()));
  const known = new Set(['report', ...[...rows, ...studies, ...curves].flatMap(wordsFor)]);
  return {
    rows: rows.filter(isNamed),
    studies: studies.filter(isNamed),
    curves: curves.filter(isNamed),
    unknown: names.filter((name) => !known.has(name.toLowerCase())),
  };
}

/** The words that select an item: its id, the number of several rows (`p4`), its groups. */
function wordsFor(item: Row | Study | Curve): string[] {
  const id = item.id.toLowerCase();
  if ('groups' in item) return ['all', id, id.replace(/[a-z]$/, ''), ...item.groups];
  return 'run' in item ? ['all', 'studies', id] : ['curves', id];
}
