// Makes sure that the browser tests find a Chromium: installs Debian's package when it is missing and permitted.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
if (candidates.some((path) => path !== undefined && existsSync(path))) process.exit(0);

const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
if (mayInstall) {
  console.log("chromium is missing; installing Debian's package (about a minute) …");
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
  run('update', '-qq');
  run('install', '-y', '-qq', '--no-install-recommends', 'chromium');
}
if (!existsSync('/usr/bin/chromium')) {
  console.error(
    'the browser tests need Chromium: run "sudo apt-get install chromium", or set CHROMIUM_PATH to one',
  );
  process.exit(1);
}
