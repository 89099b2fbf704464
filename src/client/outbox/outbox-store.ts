// The port for what keeps publications over a reload or a restart: IndexedDB in browsers, a file or a database elsewhere.

import type { OutboxEntry } from '../../session/index.ts';

/**
 * What is written is there in a later life, in whatever state the process ended; `put` and `remove` take effect in the
 * order of their calls. An entry must not be loaded by two lives at a time.
 */
export interface OutboxStore {
  /** What earlier lives have left. It belongs to this one now. `onLeft` may be called later, with what a life has left that
   * was not over yet: a page whose end is noticed only now. */
  load(onLeft: (entries: readonly OutboxEntry[]) => void): Promise<readonly OutboxEntry[]>;
  /** Resolves when it is kept. An entry of the same id is written over. */
  put(entry: OutboxEntry): Promise<void>;
  remove(id: string): Promise<void>;
}
