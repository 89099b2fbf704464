// The corpus in the tree: one folder a target, one file an input, named after what it is about.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf } from './input-chunks.ts';

/** Seen from dist/test/fuzz. */
const corpus = fileURLToPath(new URL('../../../test/fuzz/corpus', import.meta.url));

export interface CorpusFile {
  readonly name: string;
  readonly input: Uint8Array;
}

export function readCorpus(target: string): CorpusFile[] {
  const folder = join(corpus, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, input: new Uint8Array(readFileSync(join(folder, name))) }));
}

/** Puts a failing input into the corpus, and gives its path. */
export function writeCrash(target: string, input: Uint8Array): string {
  const folder = join(corpus, target);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `crash-${hashOf(input).toString(16).padStart(8, '0')}`);
  writeFileSync(file, input);
  return file;
}
