// The runtimes on which the tests of `protocol` and `websocket` run: their names, versions and commands.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const versionOf = (name) =>
  JSON.parse(readFileSync(`${here}node_modules/${name}/package.json`, 'utf8')).version;

/** Node's command that runs one file of tests, without a process of its own for the file. */
const nodeCommand = (node) => (file, report) => [
  node,
  '--test-reporter=junit',
  `--test-reporter-destination=${report}`,
  file,
];

const installedNode = (major) => ({
  name: `Node ${major}`,
  version: () => versionOf(`node${major}`),
  command: nodeCommand(`${here}node_modules/node${major}/bin/node`),
});

/** The Node that runs the script: what it runs is what the others are expected to run. */
export const reference = {
  name: `Node ${process.versions.node.split('.')[0]}`,
  version: () => process.versions.node,
  command: nodeCommand(process.execPath),
};

export const runtimes = [
  ...[22, 24, 26].map(installedNode),
  {
    name: 'Bun',
    version: () => versionOf('bun'),
    command: (file, report) => [
      `${here}node_modules/.bin/bun`,
      'test',
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      `./${file}`,
    ],
  },
  {
    name: 'Deno',
    version: () => versionOf('deno'),
    causes: [
      '`zlib.inflateRawSync` of Deno ignores `dictionary`: Z_DATA_ERROR where Node and Bun inflate. It is the window of the public zlib contexts, and of a block with BFINAL set.',
      "`CloseEvent` of Deno does not convert `code` and has no `Symbol.toStringTag` of its own; we take the runtime's class where it has one.",
    ],
    command: (file, report) => [
      `${here}node_modules/.bin/deno`,
      'test',
      '--allow-all',
      '--no-check',
      '--no-lock',
      '--node-modules-dir=manual',
      `--junit-path=${report}`,
      file,
    ],
  },
];

/** Installs the runtimes as the lock file has them. */
export function installRuntimes() {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', here], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm ci in test/runtimes ended with ${status}`);
}
