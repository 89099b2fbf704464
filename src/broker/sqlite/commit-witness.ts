// A small file beside the database that says how far it has come, so that lost commits are noticed.

import { closeSync, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const sizeBytes = 20;

/**
 * SQLite takes a log with a torn or missing end for a shorter one, and rightly so; but what was acknowledged may have
 * been in it, and its offsets would be given out again. The witness holds the number of the last commit that was
 * acknowledged, and which file it was (by its inode): a database that is behind it, or is a copy, has lost its
 * continuity. It is written after each commit and never synced: a crash of the process keeps it, and after a loss of
 * power it may be older than the database, which means nothing.
 */
export class CommitWitness {
  readonly #file: number;
  readonly #inode: bigint;
  readonly #block = Buffer.alloc(sizeBytes);
  /** The last commit that it saw of this very file; `undefined`: of another file, or it was not there. */
  readonly seenCommits: number | undefined;

  constructor(databasePath: string) {
    this.#inode = BigInt.asUintN(64, statSync(databasePath, { bigint: true }).ino);
    const path = witnessPathOf(databasePath);
    this.#file = openExisting(path) ?? openSync(path, 'w+');
    this.seenCommits = this.#read();
  }

  write(commits: number): void {
    const block = this.#block;
    block.writeBigUInt64LE(BigInt(commits), 0);
    block.writeBigUInt64LE(this.#inode, 8);
    block.writeUInt32LE(crc32(block.subarray(0, 16)), 16);
    writeSync(this.#file, block, 0, sizeBytes, 0);
  }

  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(): number | undefined {
    const block = this.#block;
    if (fstatSync(this.#file).size !== sizeBytes) return undefined;
    if (readSync(this.#file, block, 0, sizeBytes, 0) !== sizeBytes) return undefined;
    if (block.readUInt32LE(16) !== crc32(block.subarray(0, 16))) return undefined;
    return block.readBigUInt64LE(8) === this.#inode ? Number(block.readBigUInt64LE(0)) : undefined;
  }
}

export function witnessPathOf(databasePath: string): string {
  return `${databasePath}-witness`;
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
