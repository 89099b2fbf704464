// A study: a question about scale that one figure for each peer does not answer; its answer is a few tables.
import type { Progress } from '../measure/progress.ts';

export interface Study {
  /** Its name on the command line, and of its file of results. */
  readonly id: string;
  readonly title: string;
  run(progress: Progress): Promise<Findings>;
}

export interface Findings {
  /** What was done, and what is to be seen: one paragraph each. */
  readonly remarks: readonly string[];
  readonly tables: readonly FindingsTable[];
}

export interface FindingsTable {
  readonly caption: string;
  readonly header: readonly string[];
  /** The first cell of a line is its heading. */
  readonly lines: readonly (readonly (string | number)[])[];
}
