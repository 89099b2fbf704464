// A bounded table of pairs of strings that forgets what was not touched for a while.

import { shareOf } from './share.ts';

interface Row<Value> {
  readonly scope: string;
  readonly key: string;
  readonly value: Value;
  touchedAt: number;
}

/**
 * Rows are found by two strings, which are never joined into one. When it is full it takes nothing new: to push out
 * what was promised to be remembered would be to forget in silence.
 */
export class ExpiringTable<Value> {
  readonly #scopes = new Map<string, Map<string, Row<Value>>>();
  /** The longest untouched first. */
  readonly #byAge = new Set<Row<Value>>();
  readonly #maxRows: number;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get size(): number {
    return this.#byAge.size;
  }

  /** Whether it takes no other row of this scope: one takes no more than its share. */
  isFullFor(scope: string): boolean {
    const own = this.#scopes.get(scope)?.size ?? 0;
    return this.#byAge.size >= this.#maxRows || own >= shareOf(scope, this.#maxRows);
  }

  get(scope: string, key: string): Value | undefined {
    return this.#scopes.get(scope)?.get(key)?.value;
  }

  /** Adds a row that is not there yet. */
  add(scope: string, key: string, added: { readonly value: Value; readonly now: number }): void {
    const row: Row<Value> = { scope, key, value: added.value, touchedAt: added.now };
    const rows = this.#scopes.get(scope);
    if (rows === undefined) this.#scopes.set(scope, new Map([[key, row]]));
    else rows.set(key, row);
    this.#byAge.add(row);
  }

  touch(scope: string, key: string, now: number): void {
    const row = this.#scopes.get(scope)?.get(key);
    if (row === undefined) return;
    row.touchedAt = now;
    this.#byAge.delete(row);
    this.#byAge.add(row);
  }

  /** Forgets every row that was last touched at `until` or before. */
  expire(until: number): void {
    for (const row of this.#byAge) {
      if (row.touchedAt > until) return;
      this.#byAge.delete(row);
      const rows = this.#scopes.get(row.scope)!;
      rows.delete(row.key);
      if (rows.size === 0) this.#scopes.delete(row.scope);
    }
  }
}
