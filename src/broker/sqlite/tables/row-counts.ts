// How many rows each publisher has in a table of one channel, counted once and kept up to date.

import { shareOf } from '../../memory/share.ts';
import type { Row } from '../driver.ts';

export class RowCounts {
  readonly #maxRows: number;
  readonly #byPublisher = new Map<string, number>();
  #size = 0;

  /** `rows`: each with a `publisher` and its `count`. */
  constructor(maxRows: number, rows: readonly Row[]) {
    this.#maxRows = maxRows;
    for (const { publisher, count } of rows) this.#add(publisher as string, count as number);
  }

  get size(): number {
    return this.#size;
  }

  isFullFor(publisher: string): boolean {
    const own = this.#byPublisher.get(publisher) ?? 0;
    return this.#size >= this.#maxRows || own >= shareOf(publisher, this.#maxRows);
  }

  added(publisher: string): void {
    this.#add(publisher, 1);
  }

  /** `rows`: each with the `publisher` whose row is gone. */
  removed(rows: readonly Row[]): void {
    for (const { publisher } of rows) this.#add(publisher as string, -1);
  }

  #add(publisher: string, count: number): void {
    const own = (this.#byPublisher.get(publisher) ?? 0) + count;
    if (own === 0) this.#byPublisher.delete(publisher);
    else this.#byPublisher.set(publisher, own);
    this.#size += count;
  }
}
