// What happened in a run: always as a hash, and as lines for people when they ask.

import type { VirtualClock } from '../virtual-clock.ts';

export class Trace {
  readonly #clock: VirtualClock;
  readonly #isKept: boolean;
  readonly lines: string[] = [];
  #hash = 0x811c9dc5;
  #events = 0;

  constructor(clock: VirtualClock, isKept: boolean) {
    this.#clock = clock;
    this.#isKept = isKept;
  }

  /** Events hashed so far. */
  get events(): number {
    return this.#events;
  }

  /** Eight hexadecimal digits: the same for the same run. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** An event: its kind and a text that tells it from others. `describe` is called only when lines are kept. */
  add(kind: string, text: string, describe?: () => string): void {
    this.#events++;
    this.#mix(Math.round(this.#clock.now() * 1_000));
    this.#mixText(kind);
    this.#mixText(text);
    if (!this.#isKept) return;
    const at = (this.#clock.now() / 1_000).toFixed(3).padStart(8);
    this.lines.push(`${at} ${kind.padEnd(8)} ${describe === undefined ? text : describe()}`);
  }

  #mixText(text: string): void {
    let hash = this.#hash;
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
    this.#hash = hash;
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value | 0), 0x01000193);
  }
}
