// The files of the repository, read for the checks of the house.

import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository, seen from dist/test/house. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

const skipped = new Set(['node_modules', 'dist', '.git']);

/** Paths relative to the root, with slashes, of all files below a folder. */
export function filesBelow(folder: string): string[] {
  const entries: Dirent[] = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .filter((entry) => !skipped.has(entry.name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A tsconfig.json or another file of plain JSON. */
export function readJson<T>(path: string): T {
  return JSON.parse(read(path)) as T;
}

/** The TypeScript files of a floor, or of any folder. */
export function sourcesBelow(folder: string): string[] {
  return filesBelow(folder).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
}

/** Floors that have a file: the folders of `src`. */
export const floors: readonly string[] = [
  ...new Set(sourcesBelow('src').map((path) => path.split('/')[1] as string)),
].sort();

export interface Import {
  /** The file that imports, relative to the root. */
  readonly from: string;
  /** What it imports, as written. */
  readonly specifier: string;
  /** For a relative import, the file that it means, relative to the root. */
  readonly target: string | undefined;
}

/** Every import and re-export of a file, types included. */
export function importsOf(path: string): Import[] {
  const pattern =
    /^(?:import|export|\})[^'"\n]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...read(path).matchAll(pattern)].map(([, from, plain, dynamic]) => {
    const specifier = (from ?? plain ?? dynamic) as string;
    const target = specifier.startsWith('.')
      ? relative(root, join(root, dirname(path), specifier)).replaceAll('\\', '/')
      : undefined;
    return { from: path, specifier, target };
  });
}

/** Matches nothing twice: lines of a file, with their numbers. */
export function linesOf(path: string): { readonly number: number; readonly text: string }[] {
  return read(path)
    .split('\n')
    .map((text, index) => ({ number: index + 1, text }));
}
