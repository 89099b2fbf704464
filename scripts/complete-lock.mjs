// Completes a lock file with the platform packages of Biome and Deno that a partial registry mirror does not hold, so that
// `npm ci` accepts the same lock file everywhere. Run it after `npm install` on such a mirror.
// Usage: node scripts/complete-lock.mjs [test/runtimes/package-lock.json]
import { readFileSync, writeFileSync } from 'node:fs';

/** The packages with a package per platform: how the names of those begin, and what their entries say besides. */
const families = {
  'node_modules/@biomejs/biome': {
    prefix: '@biomejs/cli-',
    entry: { dev: true, license: 'MIT OR Apache-2.0', engines: { node: '>=14.21.3' } },
  },
  'node_modules/deno': { prefix: '@deno/', entry: { license: 'MIT' } },
};

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));

for (const [parent, { prefix, entry }] of Object.entries(families)) {
  for (const [name, version] of Object.entries(lock.packages[parent]?.optionalDependencies ?? {})) {
    const [os, cpu, libc] = name.slice(prefix.length).split('-');
    lock.packages[`node_modules/${name}`] ??= {
      version,
      cpu: [cpu],
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      os: [os],
      ...entry,
    };
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
