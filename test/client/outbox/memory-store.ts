// An outbox store in memory that outlives the clients of a test, and may be slow or broken.

import type { OutboxEntry, OutboxStore } from '../../../src/client/index.ts';

export class MemoryStore implements OutboxStore {
  readonly entries = new Map<string, OutboxEntry>();
  /** What it is made to fail with. */
  failure: Error | undefined;
  /** While it is set, what is written waits. */
  isStalled = false;
  readonly #waiting: (() => void)[] = [];

  async load(): Promise<readonly OutboxEntry[]> {
    this.#check();
    // As IndexedDB does: in no order that means anything.
    return [...this.entries.values()].reverse();
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.#check();
    if (this.isStalled) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.entries.set(entry.id, structuredClone(entry));
  }

  async remove(id: string): Promise<void> {
    this.#check();
    this.entries.delete(id);
  }

  flush(): void {
    this.isStalled = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
