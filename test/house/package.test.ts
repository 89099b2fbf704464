import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { floors, importsOf, read, readJson, root, sourcesBelow } from './source-files.ts';

interface Package {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const manifest = readJson<Package>('package.json');
const isExact = (version: string): boolean => /^\d+\.\d+\.\d+$/.test(version);

describe('package.json', () => {
  for (const [name, file] of Object.entries({ ...manifest.exports, ...manifest.bin })) {
    it(`${name} is a file of the build`, () => assert.ok(existsSync(join(root, file)), `${file} is missing`));
  }

  it('exports doors, each with its types beside it, and no root', () => {
    assert.equal(manifest.exports['.'], undefined);
    for (const [name, file] of Object.entries(manifest.exports)) {
      if (name === './package.json') continue;
      assert.match(file, /^\.\/dist\/src\/.*\.js$/);
      assert.ok(existsSync(join(root, file.replace(/\.js$/, '.d.ts'))), `${name} has no types`);
    }
  });

  for (const floor of floors.filter((name) => name !== 'cli' && name !== 'conformance' && name !== 'admin')) {
    it(`exports the door of ${floor}`, () =>
      assert.equal(manifest.exports[`./${floor}`], `./dist/src/${floor}/index.js`));
  }

  it('pins the version of every dependency', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.ok(isExact(version), `${name} is ${version}`);
    }
  });

  it('declares what the sources import', () => {
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    for (const { from, specifier } of sourcesBelow('src').flatMap(importsOf)) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
      const parts = specifier.split('/');
      const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string);
      assert.ok(name in declared, `${from} imports ${specifier}, which package.json does not declare`);
    }
  });

  it('lets the floors of bytes and messages load no package of others', () => {
    for (const floor of ['protocol', 'websocket', 'channel', 'session', 'client']) {
      if (!floors.includes(floor)) continue;
      for (const { from, specifier } of sourcesBelow(`src/${floor}`).flatMap(importsOf)) {
        assert.match(specifier, /^(?:\.|node:)/, `${from} imports ${specifier}`);
      }
    }
  });
});

describe('package-lock.json', () => {
  const text = read('package-lock.json');

  it('names no registry', () =>
    assert.doesNotMatch(text, /"resolved"|https?:\/\/(?!opencollective|github|www|paulmillr)[^"]*registry/));

  it('agrees with package.json', () => {
    const { packages } = JSON.parse(text) as { packages: Record<string, Package & { version?: string }> };
    assert.deepEqual(packages['']?.dependencies ?? {}, manifest.dependencies ?? {});
    assert.deepEqual(packages['']?.devDependencies ?? {}, manifest.devDependencies ?? {});
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.equal(packages[`node_modules/${name}`]?.version, version, name);
    }
  });
});
