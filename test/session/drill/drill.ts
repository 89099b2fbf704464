// Runs one wrong variant until something catches it.

import { simulate } from '../../../src/testkit/index.ts';
import type { Variant } from './variants.ts';

export interface Catch {
  /** What caught it: a rule of the checker with its message, or the name of a rule's test. */
  readonly by: string;
  /** How many seeds it took; 0 when a scenario caught it. */
  readonly seeds: number;
}

/** `undefined`: nobody noticed within `maxSeeds`. */
export function findCatch({ parts, rule }: Variant, maxSeeds: number): Catch | undefined {
  if (rule !== undefined) {
    try {
      rule.run();
    } catch (error) {
      if ((error as Error).name === 'AssertionError') return { by: rule.name, seeds: 0 };
      throw error;
    }
    return undefined;
  }
  for (let seed = 1; seed <= maxSeeds; seed++) {
    const [violation] = simulate({ seed, parts: parts!() }).violations;
    if (violation !== undefined) return { by: `${violation.rule}: ${violation.message}`, seeds: seed };
  }
  return undefined;
}
