// Keeps results as JSON: one file for each row, study and curve, so that the newest of each stands.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curves } from '../curves.ts';
import type { CurveResult, RowResult, StudyResult } from '../measure/result.ts';
import { resultsDirectory } from '../paths.ts';
import { rows } from '../rows.ts';
import { studies } from '../studies/studies.ts';

const fileOf = (name: string) => join(resultsDirectory, `${name}.json`);

export function saveRow(result: RowResult): void {
  save(result.id, result);
}

export function saveCurve(result: CurveResult): void {
  save(`curve-${result.id}`, result);
}

export function saveStudy(result: StudyResult): void {
  save(`study-${result.id}`, result);
}

/** All that is stored. */
export interface Results {
  /** In the order of the table. */
  readonly rows: readonly RowResult[];
  readonly studies: readonly StudyResult[];
  readonly curves: readonly CurveResult[];
}

export function storedResults(): Results {
  return {
    rows: rows.flatMap(({ id }) => load<RowResult>(id)),
    studies: studies.flatMap(({ id }) => load<StudyResult>(`study-${id}`)),
    curves: curves.flatMap(({ id }) => load<CurveResult>(`curve-${id}`)),
  };
}

function save(name: string, value: unknown): void {
  mkdirSync(resultsDirectory, { recursive: true });
  writeFileSync(fileOf(name), `${JSON.stringify(value, null, 2)}\n`);
}

/** The stored value, or nothing. */
function load<Value>(name: string): Value[] {
  const stored = readdirSync(resultsDirectory).includes(`${name}.json`);
  return stored ? [JSON.parse(readFileSync(fileOf(name), 'utf8')) as Value] : [];
}
