// The runtimes on which the tests of `protocol` and `websocket` run: their names, versions and commands.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const lock = JSON.parse(readFileSync(`${here}package-lock.json`, 'utf8'));
const versionOf = (name) =>
  JSON.parse(readFileSync(`${here}node_modules/${name}/package.json`, 'utf8')).version;

/** One file runs without a process of its own; of several, each has its own. */
const nodeCommand = (node) => (files, report) => [
  node,
  ...(files.length > 1 ? ['--test'] : []),
  '--test-reporter=junit',
  `--test-reporter-destination=${report}`,
  ...files,
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

/**
 * `gaps` are the tests that a runtime cannot pass, each with the reason: `tests` is a file, or a file and what is in the
 * names of its tests. They run all the same, so that a gap that has closed is seen.
 */
export const runtimes = [
  ...[22, 24, 26].map(installedNode),
  {
    name: 'Bun',
    version: () => versionOf('bun'),
    gaps: [
      {
        tests: 'websocket/drop-in/websocket.test.ts: leaves what a listener throws to the process',
        reason: 'the runner of Bun fails a test in which anything reaches `uncaughtException`',
      },
      {
        tests: 'websocket/client/extended-connect.test.ts: asks again when the server refused the stream',
        reason: 'a stream that the server of Bun closes with REFUSED_STREAM ends without that code',
      },
      {
        tests: 'websocket/streams/chosen-memory.test.ts',
        reason:
          'sockets of Bun cannot be told where to read to: each chunk has memory of its own, as without it',
      },
      {
        tests: 'websocket/streams/duplex-stream.test.ts: says whether it uses its memory again',
        reason: 'for the same reason, they never do',
      },
      {
        tests: 'websocket/whatwg/client-socket.test.ts: takes it when it is closed',
        reason:
          'the collector of Bun also keeps what only looks like being pointed to from the stack: seen now and then',
      },
    ],
    command: (files, report) => [
      `${here}node_modules/.bin/bun`,
      'test',
      '--timeout=60000',
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      ...files.map((file) => `./${file}`),
    ],
  },
  {
    name: 'Deno',
    version: () => versionOf('deno'),
    gaps: [
      {
        tests: 'websocket/server/gate.test.ts: a process that is nearly out of descriptors',
        reason: 'the test starts a process by the command line of Node',
      },
      {
        tests: 'websocket/connection/timer-wheel.test.ts',
        reason: '`mock.timers` of Deno has no `setInterval`',
      },
      {
        tests: 'websocket/whatwg/events.test.ts: CloseEvent',
        reason: 'ours is the class of the runtime, and that of Deno does not convert what it is given',
      },
      {
        tests: 'websocket/whatwg/url-record.test.ts: knows no page where location is none',
        reason: '`t.after` of Deno does nothing, so what an earlier test set stays',
      },
      {
        tests: 'websocket/whatwg/websocket.test.ts: sends no Origin where there is no location',
        reason: '`t.after` of Deno does nothing, so what an earlier test set stays',
      },
      {
        tests: 'websocket/streams/duplex-stream.test.ts: reports what was written when it was asked to',
        reason: 'a socket of Deno never takes bytes at once: `bufferedAmount` counts them a little longer',
      },
      {
        tests: 'websocket/streams/duplex-stream.test.ts: sends in order, and the end behind it',
        reason: 'the same: it expects the first byte to be taken at once',
      },
    ],
    command: (files, report) => [
      `${here}node_modules/.bin/deno`,
      'test',
      '--allow-all',
      '--no-check',
      '--no-lock',
      '--node-modules-dir=manual',
      `--junit-path=${report}`,
      ...files,
    ],
  },
];

/** Installs the runtimes as the lock file has them. Returns why that cannot be, or undefined. */
export function installRuntimes(timeout) {
  const isInstalled = Object.entries(lock.packages[''].dependencies).every(
    ([name, wanted]) =>
      existsSync(`${here}node_modules/${name}`) && versionOf(name) === wanted.replace(/^.*@/, ''),
  );
  if (isInstalled) return undefined;
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the lock file has Linux on x64 only';
  const options = { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout };
  const { status, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', here], options);
  if (status === 0) return undefined;
  return `npm ci fails: ${stderr?.split('\n').find((line) => line.includes('error')) ?? 'it takes too long'}`;
}
