// Keeps the session of a page over a reload, in the tab's session storage.

import { isEpoch, isOffset, maxPresenceClock } from '../channel/index.ts';
import { isKey, type ResumeState } from '../session/index.ts';
import type { ResumeStore } from './resume-store.ts';

/** What is used of a `Storage`. */
export interface StorageShape {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface SessionStorageResumeOptions {
  /** The name under which it is stored: another one for each client of a page.
   * @default 'tidewire.resume' */
  readonly key?: string;
  /** @default globalThis.sessionStorage */
  readonly storage?: StorageShape;
}

/**
 * Only between two lives is anything stored: a tab that is duplicated copies its storage, and would throw out the first.
 * Where there is no storage, or it is full or forbidden, a reload begins anew.
 */
export function sessionStorageResume(options: SessionStorageResumeOptions = {}): ResumeStore {
  const { key = 'tidewire.resume' } = options;
  const storage = (): StorageShape | undefined =>
    options.storage ?? (globalThis as { sessionStorage?: StorageShape }).sessionStorage;
  return {
    take() {
      try {
        const text = storage()?.getItem(key);
        storage()?.removeItem(key);
        return text == null ? undefined : asResumeState(JSON.parse(text));
      } catch {
        // Forbidden, or not ours: as if nothing had been stored.
        return undefined;
      }
    },
    save(state) {
      try {
        storage()?.setItem(key, JSON.stringify(state));
      } catch {
        // Full, or forbidden: the next life begins anew.
      }
    },
  };
}

/** There is room above it for as long as a session may last. */
const longestClock = maxPresenceClock / 2;

/** Storage belongs to whoever writes to it: what has another shape is not used. @throws {TypeError} for some of it. */
function asResumeState(value: ResumeState): ResumeState | undefined {
  const { sid, tok, clock, positions } = value;
  const isState =
    // Of another length a server takes them for malformed, after which a client does not come back.
    [sid, tok].every(isKey) &&
    isOffset(clock) &&
    clock < longestClock &&
    positions.every(
      ([channel, { epoch, offset }]) => typeof channel === 'string' && isEpoch(epoch) && isOffset(offset),
    );
  return isState ? { sid, tok, clock, positions } : undefined;
}
