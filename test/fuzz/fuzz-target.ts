// What is fuzzed: a target makes inputs by its grammar, and runs one, whoever made it.

import type { SeededRandom } from '../../src/testkit/simulator/seeded-random.ts';

export interface FuzzTarget {
  /** Names the folder of its corpus. */
  readonly name: string;
  /** What it promises, in a few words. */
  readonly promise: string;
  /** An input by the grammar: legal, or broken in a few places. */
  generate(random: SeededRandom): Uint8Array;
  /**
   * Runs one input; everything about the run, the chunks included, follows from its bytes. Throws when a promise is
   * broken. Gives a short summary of what happened: an input whose summary is new is worth keeping and altering.
   */
  run(input: Uint8Array): string | Promise<string>;
  /** Bytes that mean something to it, for mutations. */
  readonly words?: readonly (string | Uint8Array)[];
  /** How many times faster or slower it is than most, so that all get a fair share. @default 1 */
  readonly weight?: number;
}

/** A promise that was broken. */
export class Finding extends Error {
  override readonly name: string = 'Finding';
}

export function promise(isKept: boolean, message: string | (() => string)): asserts isKept {
  if (!isKept) throw new Finding(typeof message === 'string' ? message : message());
}

/** Two things that must be the same, shown where they first differ. */
export function promiseSame(actual: readonly string[], expected: readonly string[], what: string): void {
  for (let index = 0; index < Math.max(actual.length, expected.length); index += 1) {
    if (actual[index] === expected[index]) continue;
    throw new Finding(`${what}: ${actual[index] ?? 'nothing'} instead of ${expected[index] ?? 'nothing'}`);
  }
}
