// The results of a run: what `--json` writes, and what the reports read.

import type { Verdict } from './script/verdict.ts';

export interface CaseResult {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly detail: string;
  readonly milliseconds: number;
  /** By how many bytes the memory of the server grew meanwhile; measured in heavy cases, where its process is known. */
  readonly memoryBytes?: number;
  /** What went over the wire, one line an event; kept where the verdict is not `strict`. */
  readonly transcript: readonly string[];
}

export interface RunResult {
  readonly format: 'tidewire-conform/1';
  /** What was tested: a name, or its address. */
  readonly name: string;
  readonly role: 'server' | 'client';
  readonly transport: 'http/1.1' | 'http/2';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly results: readonly CaseResult[];
}

export type Counts = Readonly<Record<Verdict, number>>;

export function countVerdicts(results: readonly CaseResult[]): Counts {
  const counts = { strict: 0, acceptable: 0, informational: 0, failed: 0, skipped: 0 };
  for (const { verdict } of results) counts[verdict]++;
  return counts;
}
