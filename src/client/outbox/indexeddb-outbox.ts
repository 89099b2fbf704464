// Keeps publications in a browser's IndexedDB. Each page has its own, and takes over those of pages that are gone.

import type { OutboxEntry } from '../../session/index.ts';
import { globalRuntime } from '../runtime.ts';
import type { OutboxStore } from './outbox-store.ts';

export interface IndexedDbOutboxOptions {
  /** The name of the database: another one for each user who may sign in, and each server.
   * @default 'tidewire.outbox' */
  readonly name?: string;
}

interface Kept extends OutboxEntry {
  /** The page that sends it: the name of a lock that is held as long as the page is there. */
  readonly owner: string;
}

const storeName = 'publications';

export function indexedDbOutbox({ name = 'tidewire.outbox' }: IndexedDbOutboxOptions = {}): OutboxStore {
  const prefix = `${name}/`;
  const owner = prefix + globalRuntime.randomId();
  const opened = open(name);
  // Whoever uses it is told.
  opened.catch(() => undefined);
  const holding = hold(owner);

  return {
    async load(onLeft) {
      const database = await opened;
      await holding;
      const alive = await ownersAlive(prefix);
      for (const other of alive) {
        if (other === owner) continue;
        // Granted when that page is gone. A page that was reloaded may still hold the lock of its earlier life.
        void hold(other, async () => {
          const left = await takeOver(database, owner, (kept) => kept.owner === other);
          if (left.length > 0) onLeft(left);
        });
      }
      return takeOver(database, owner, (kept) => !alive.has(kept.owner));
    },
    async put(entry) {
      await transact(await opened, (store) => store.put({ ...entry, owner }));
    },
    async remove(id) {
      await transact(await opened, (store) => store.delete(id));
    },
  };
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName, { keyPath: 'id' });
  return result(request);
}

/** Resolves when it is written. The transaction ends when `act` asks for nothing more. */
function transact<Result>(
  database: IDBDatabase,
  act: (store: IDBObjectStore) => Result,
): Promise<Awaited<Result>> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(storeName, 'readwrite');
    const acted = act(transaction.objectStore(storeName));
    transaction.oncomplete = () => resolve(acted as Awaited<Result>);
    transaction.onabort = () => reject(transaction.error);
  });
}

function result<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** One transaction, so that of two pages only one takes an entry over. */
function takeOver(
  database: IDBDatabase,
  owner: string,
  isLeft: (kept: Kept) => boolean,
): Promise<readonly OutboxEntry[]> {
  return transact(database, async (store) => {
    const all = (await result(store.getAll())) as Kept[];
    const left = all.filter(isLeft);
    for (const kept of left) store.put({ ...kept, owner });
    return left.map(({ owner: _owner, ...entry }) => entry);
  });
}

/** Waits for a lock, and holds it while `act` is at work; without one, until the page is gone. Resolves when it is held, or
 * cannot be. */
function hold(lock: string, act: () => Promise<void> = () => new Promise(() => {})): Promise<void> {
  const { locks } = navigator;
  if (locks === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    locks
      .request(lock, () => {
        resolve();
        return act();
      })
      // A page that is going, or a store that fails: what is left there is found by the next one.
      .catch(() => resolve());
  });
}

/** Without locks (no secure context) nobody is known to be alive: then two pages of one site may both send an entry,
 * under the same sequence, so that it is published once. */
async function ownersAlive(prefix: string): Promise<ReadonlySet<string>> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name = '' }) => name).filter((name) => name.startsWith(prefix)));
}
