// A place for the file of one test.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryStore {
  readonly folder: string;
  readonly path: string;
  remove(): void;
}

export function temporaryStore(): TemporaryStore {
  const folder = mkdtempSync(join(tmpdir(), 'tidewire-store-'));
  return { folder, path: join(folder, 'store.db'), remove: () => rmSync(folder, { recursive: true }) };
}
