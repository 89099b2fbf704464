import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { filesBelow, floors, importsOf, read, readJson, root, sourcesBelow } from './source-files.ts';

interface TsConfig {
  readonly compilerOptions?: { readonly types?: readonly string[]; readonly lib?: readonly string[] };
  readonly references?: readonly { readonly path: string }[];
}

interface Floor {
  readonly number: number;
  readonly mayImport: readonly string[];
  readonly globals: string;
}

/** The table of ARCHITECTURE.md. */
const plan = new Map<string, Floor>();
for (const line of read('ARCHITECTURE.md').split('\n')) {
  const cells = line.split('|').map((cell) => cell.trim());
  const [, number = '', folder = '', mayImport = '', , globals = ''] = cells;
  if (cells.length !== 7 || Number.isNaN(Number.parseInt(number, 10))) continue;
  plan.set(folder.replaceAll('`', ''), {
    number: Number(number),
    mayImport: mayImport === '–' ? [] : mayImport.split(', '),
    globals,
  });
}

const floorOf = (path: string): string | undefined =>
  path.startsWith('src/') ? (path.split('/')[1] as string) : undefined;

function referencesOf(folder: string): string[] {
  const { references = [] } = readJson<TsConfig>(`${folder}/tsconfig.json`);
  return references.map(({ path }) => posix.join(folder, path)).sort();
}

describe('the table of ARCHITECTURE.md', () => {
  it('has a row for every floor', () => {
    assert.ok(floors.length >= 3);
    for (const floor of floors) assert.ok(plan.has(floor), `src/${floor} has no row`);
  });

  for (const [name, { number, mayImport }] of plan) {
    it(`lets ${name} import from lower floors only`, () => {
      for (const imported of mayImport) {
        const below = plan.get(imported);
        assert.ok(below !== undefined, `${imported} has no row`);
        assert.ok(below.number < number, `${imported} is not below ${name}`);
      }
    });
  }
});

for (const floor of floors) {
  describe(`floor ${floor}`, () => {
    const { mayImport = [], globals } = plan.get(floor) ?? {};
    const imports = sourcesBelow(`src/${floor}`).flatMap(importsOf);
    const relativeImports = imports.flatMap(({ from, target }) =>
      target === undefined ? [] : [{ from, target }],
    );

    it('refers in its tsconfig.json to exactly the floors of its row that exist', () => {
      const existing = mayImport.filter((name) => floors.includes(name)).map((name) => `src/${name}`);
      const references = referencesOf(`src/${floor}`).filter((path) => path.startsWith('src/'));
      assert.deepEqual(references, existing.sort());
    });

    it('imports other floors through their doors only', () => {
      for (const { from, target } of relativeImports) {
        const other = floorOf(target);
        if (other === floor || target === 'src/pure-globals.d.ts') continue;
        if (other === undefined) {
          assert.equal(floor, 'cli', `${from} imports ${target}, which is on no floor`);
          continue;
        }
        assert.ok(mayImport.includes(other), `${from} imports ${other}`);
        assert.equal(target, `src/${other}/index.ts`, `${from} goes past the door of ${other}`);
      }
    });

    it('imports no floor by the name of the package', () => {
      for (const { from, specifier } of imports) {
        assert.ok(!specifier.startsWith('tidewire'), `${from} imports ${specifier}`);
      }
    });

    it('never imports its own door', () => {
      for (const { from, target } of relativeImports) {
        assert.notEqual(target, `src/${floor}/index.ts`, `${from} imports the door of its own floor`);
      }
    });

    it('imports files that exist', () => {
      for (const { from, target } of relativeImports) {
        assert.ok(existsSync(join(root, target)), `${from} imports ${target}`);
      }
    });

    if (floor !== 'cli') {
      it('has a door that only re-exports', () => {
        const door = read(`src/${floor}/index.ts`)
          .replace(/^\/\/.*$/gm, '')
          .replace(/export (?:type )?(?:\{[^}]*\}|\*) from '[^']+';/g, '')
          .trim();
        assert.equal(door, '');
      });
    }

    if (globals === 'pure') {
      it('is pure: no Node, no DOM, no package', () => {
        const { compilerOptions = {} } = readJson<TsConfig>(`src/${floor}/tsconfig.json`);
        assert.equal(compilerOptions.types, undefined, 'the types of tsconfig.base.json, none, are its own');
        assert.equal(compilerOptions.lib, undefined, 'the lib of tsconfig.base.json, es2023, is its own');
        for (const { from, specifier } of imports) {
          assert.ok(specifier.startsWith('.'), `${from} imports ${specifier}`);
        }
      });
    }
  });
}

describe('the compiler', () => {
  it('gives floors nothing by default', () => {
    const { compilerOptions } = readJson<TsConfig>('tsconfig.base.json');
    assert.deepEqual(compilerOptions?.types, []);
    assert.deepEqual(compilerOptions?.lib, ['es2023']);
  });

  it('builds every folder that has a tsconfig.json and a source', () => {
    const built = referencesOf('.');
    const folders = filesBelow('.')
      .filter((path) => path.endsWith('/tsconfig.json'))
      .map((path) => posix.dirname(path))
      .filter((folder) => sourcesBelow(folder).length > 0);
    for (const folder of folders) assert.ok(built.includes(folder), `${folder} is not in tsconfig.json`);
  });

  it('gives the pure floors two globals beside the language', () => {
    const declared = [...read('src/pure-globals.d.ts').matchAll(/^declare \w+ (\w+)/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(declared.sort(), ['TextDecoder', 'TextEncoder', 'btoa']);
  });
});

describe('examples', () => {
  it('import the package by its name, as a user does', () => {
    for (const { from, target } of sourcesBelow('examples').flatMap(importsOf)) {
      if (target !== undefined) assert.ok(target.startsWith('examples/'), `${from} imports ${target}`);
    }
  });
});
