// Fuzzes one target: inputs by its grammar, and altered ones of those that showed something new.

import { SeededRandom } from '../../src/testkit/simulator/seeded-random.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { hashOf } from './input-chunks.ts';
import { maxInputBytes, mutate } from './mutate.ts';

/** Inputs kept for mutations. */
const maxKept = 4_000;

export interface Crash {
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** The same seed, corpus and number of executions give the same inputs. */
export class Fuzzer {
  readonly target: FuzzTarget;
  executions = 0;
  readonly #random: SeededRandom;
  readonly #kept: Uint8Array[];
  readonly #seen = new Set<string>();
  readonly #words: readonly Uint8Array[];

  constructor(target: FuzzTarget, seed: number, corpus: readonly Uint8Array[]) {
    this.target = target;
    this.#random = new SeededRandom(seed ^ hashOf(Buffer.from(target.name)));
    this.#kept = [...corpus];
    this.#words = (target.words ?? []).map((word) => (typeof word === 'string' ? Buffer.from(word) : word));
  }

  /** How many different summaries there have been. */
  get features(): number {
    return this.#seen.size;
  }

  /** Runs the next input; gives it back with its error when it broke a promise. `onInput` sees it first. */
  async next(onInput?: (input: Uint8Array) => void): Promise<Crash | undefined> {
    const input = this.#nextInput();
    onInput?.(input);
    this.executions += 1;
    try {
      const running = this.target.run(input);
      const summary = typeof running === 'string' ? running : await running;
      this.#keep(input, summary);
      return undefined;
    } catch (error) {
      return { input, error };
    }
  }

  #nextInput(): Uint8Array {
    const random = this.#random;
    if (this.#kept.length === 0 || random.chance(0.4)) {
      const made = this.target.generate(random);
      return made.length > maxInputBytes ? made.slice(0, maxInputBytes) : made;
    }
    return mutate(random.pick(this.#kept), random, { words: this.#words, other: random.pick(this.#kept) });
  }

  #keep(input: Uint8Array, summary: string): void {
    if (this.#seen.has(summary)) return;
    this.#seen.add(summary);
    if (this.#kept.length < maxKept) this.#kept.push(input);
    else this.#kept[this.#random.integer(0, maxKept - 1)] = input;
  }
}

/** What kind of finding an error is, whatever numbers and names it mentions. */
export function kindOf(error: unknown): string {
  const text =
    error instanceof Error ? `${error.name}: ${error.message}\n${sourceLine(error)}` : String(error);
  return text.replaceAll(/"[^"]*"|[0-9a-f]{6,}|\d+/g, '…');
}

function sourceLine(error: Error): string {
  const line = error.stack?.split('\n').find((text) => /\/src\/(?!testkit)/.test(text));
  return line?.trim() ?? '';
}
