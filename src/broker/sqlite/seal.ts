// Checksums of rows: what the disk gives back is what was written, or it is not served.

import { crc32 } from 'node:zlib';
import type { Cell } from './driver.ts';

/** The checksum of a row, over all its other cells. SQLite itself checks its pages' shape, but not their content. */
export function sealOf(...cells: readonly Cell[]): number {
  let seal = 0;
  let text = '';
  for (const cell of cells) {
    if (cell instanceof Uint8Array) {
      seal = crc32(cell, crc32(text, seal));
      text = '\u0001';
    } else {
      text += `${cell}\u0000`;
    }
  }
  return crc32(text, seal);
}

/** The file does not hold what was written to it. Nothing more of it is served. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** @throws {DamageError} naming what was read. */
export function checkSeal(what: string, seal: Cell | undefined, ...cells: readonly Cell[]): void {
  if (seal !== sealOf(...cells)) throw new DamageError(`${what} is not as it was written`);
}
