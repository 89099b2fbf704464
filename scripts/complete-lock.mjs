// Completes a lock file with the platform packages of Biome that a partial registry mirror does not hold, so that
// `npm ci` accepts the same lock file everywhere. Run it after `npm install` on such a mirror.
import { readFileSync, writeFileSync } from 'node:fs';

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));

for (const [parent, entry] of Object.entries(lock.packages)) {
  if (parent !== 'node_modules/@biomejs/biome') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies)) {
    const [os, cpu, libc] = name.slice('@biomejs/cli-'.length).split('-');
    lock.packages[`node_modules/${name}`] ??= {
      version,
      cpu: [cpu],
      dev: true,
      ...(libc === undefined ? {} : { libc: [libc] }),
      license: 'MIT OR Apache-2.0',
      optional: true,
      os: [os],
      engines: { node: '>=14.21.3' },
    };
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
