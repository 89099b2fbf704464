// Completes a lock file with the packages of other platforms that a partial registry mirror does not hold, so that
// `npm ci` accepts the same lock file everywhere. Run it after `npm install` on such a mirror, with the file's path.
import { readFileSync, writeFileSync } from 'node:fs';

const systems = new Set([
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'sunos',
  'win32',
  'windows',
  'aix',
]);
const processors = new Map([
  ['arm64', 'arm64'],
  ['aarch64', 'arm64'],
  ['x64', 'x64'],
]);
const libraries = new Set(['musl', 'glibc']);

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));

for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const words = name.split(/[/-]/);
    const os = words.find((word) => systems.has(word));
    const cpu = processors.get(words.find((word) => processors.has(word)));
    if (os === undefined || cpu === undefined) continue;
    const libc = words.find((word) => libraries.has(word));
    lock.packages[`node_modules/${name}`] ??= {
      version,
      cpu: [cpu],
      ...(parent.dev ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      os: [os === 'windows' ? 'win32' : os],
    };
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
