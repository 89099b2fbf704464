// The globals that the client uses, and no more of them than it uses: browsers, workers and Node have them.

declare function setTimeout(callback: () => void, afterMs: number): TimerHandle;
declare function clearTimeout(timer: TimerHandle): void;

/** A number in browsers, an object in Node. */
type TimerHandle = number | { readonly [Symbol.toPrimitive]: () => number };

declare const console: { error(...parts: unknown[]): void };
declare const performance: { now(): number };
declare const crypto: {
  getRandomValues<Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers;
};

declare class AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

// IndexedDB and Web Locks: browsers only.

declare const navigator: {
  readonly locks?: {
    request(name: string, callback: () => Promise<unknown>): Promise<unknown>;
    query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
  };
};

declare const indexedDB: { open(name: string, version: number): IDBRequest<IDBDatabase> };

interface IDBRequest<Result> {
  readonly result: Result;
  readonly error: Error | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
  onupgradeneeded?: (() => void) | null;
}

interface IDBDatabase {
  createObjectStore(name: string, options: { readonly keyPath: string }): IDBObjectStore;
  transaction(store: string, mode: 'readwrite'): IDBTransaction;
}

interface IDBTransaction {
  readonly error: Error | null;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): IDBObjectStore;
}

interface IDBObjectStore {
  getAll(): IDBRequest<unknown[]>;
  put(value: unknown): IDBRequest<unknown>;
  delete(key: string): IDBRequest<undefined>;
}
