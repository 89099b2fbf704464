// Keeps results as JSON: one file for each row and each curve, so that the newest of each stands.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { curves } from '../curves.ts';
import type { CurveResult, RowResult } from '../measure/result.ts';
import { resultsDirectory } from '../paths.ts';
import { rows } from '../rows.ts';

const fileOf = (name: string) => join(resultsDirectory, `${name}.json`);

export function saveRow(result: RowResult): void {
  save(result.id, result);
}

export function saveCurve(result: CurveResult): void {
  save(`curve-${result.id}`, result);
}

/** The stored rows, in the order of the table. */
export function storedRows(): RowResult[] {
  return rows.flatMap((row) => load<RowResult>(row.id));
}

export function storedCurves(): CurveResult[] {
  return curves.flatMap((curve) => load<CurveResult>(`curve-${curve.id}`));
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
