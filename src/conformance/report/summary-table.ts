// The table by section that ends a run on a terminal.

import { allGroups } from '../cases/index.ts';
import { type CaseResult, countVerdicts, type RunResult } from '../result.ts';
import { groupOf } from '../script/case.ts';
import { type Verdict, verdicts } from '../script/verdict.ts';

const columns: readonly (readonly [Verdict, string])[] = verdicts.map((verdict) => [verdict, verdict]);
const colours: Readonly<Record<Verdict, number>> = {
  strict: 32,
  acceptable: 33,
  informational: 36,
  failed: 31,
  skipped: 90,
};

export interface SummaryOptions {
  /** Uses the colours of a terminal. @default false */
  readonly colour?: boolean;
}

/** The verdicts counted by section, and every case that failed. */
export function formatSummary(run: RunResult, { colour = false }: SummaryOptions = {}): string {
  const paint = (verdict: Verdict, text: string) =>
    colour ? `\x1b[${colours[verdict]}m${text}\x1b[0m` : text;
  const row = (title: string, results: readonly CaseResult[]) => {
    const counts = countVerdicts(results);
    const cells = columns.map(([verdict, name]) => {
      const cell = (counts[verdict] === 0 ? '·' : String(counts[verdict])).padStart(name.length + 2);
      return counts[verdict] === 0 ? cell : paint(verdict, cell);
    });
    return `${title.padEnd(28)}${cells.join('')}`;
  };
  const head = `${''.padEnd(28)}${columns.map(([, name]) => `  ${name}`).join('')}`;
  const rows = groupsOf(run).map(({ title, results }) => row(title, results));
  const failures = run.results
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ id, detail }) => `${paint('failed', 'failed')}  ${id}\n        ${detail}`);
  const seconds = (run.milliseconds / 1000).toFixed(1);
  const title = `${run.name}: ${run.results.length} cases against a ${run.role} over ${run.transport} in ${seconds} s`;
  const memory = memoryOf(run.results);
  return ['', head, ...rows, row('All', run.results), '', ...failures, ...memory, title].join('\n');
}

/** So many cases in which the memory of the server grew most are named. */
const namedMemoryCases = 5;

function memoryOf(results: readonly CaseResult[]): string[] {
  const measured = results.filter(({ memoryBytes }) => memoryBytes !== undefined);
  if (measured.length === 0) return [];
  const largest = measured.toSorted((a, b) => b.memoryBytes! - a.memoryBytes!).slice(0, namedMemoryCases);
  const lines = largest.map(
    ({ id, memoryBytes }) => `${(memoryBytes! / 1024 / 1024).toFixed(1).padStart(8)} MiB  ${id}`,
  );
  return ['memory of the server grew most in', ...lines, ''];
}

export interface ResultGroup {
  readonly name: string;
  readonly title: string;
  readonly results: readonly CaseResult[];
}

/** The results of a run by group, in the order of the cases; groups without a case are left out. */
export function groupsOf(run: RunResult): ResultGroup[] {
  return allGroups
    .map(({ name, title }) => ({
      name,
      title,
      results: run.results.filter(({ id }) => groupOf(id) === name),
    }))
    .filter(({ results }) => results.length > 0);
}
