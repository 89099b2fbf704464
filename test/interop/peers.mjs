// The implementations Tidewire is measured against: how to start each as an echo server, and how to drive it as a client.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const peers = `${here}peers/`;
/** Where the compiled peers go; not in the repository. */
const built = `${here}.built/`;
const debianPython = '/usr/bin/python3';

const packageVersion = (name) =>
  JSON.parse(readFileSync(`${here}node_modules/${name}/package.json`, 'utf8')).version;
const output = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? '';
const pythonVersion = (name) => output(debianPython, '-c', `import ${name} as m; print(m.__version__)`);
const debianVersion = (name) =>
  output('dpkg-query', '-W', '-f', `$${'{Version}'}`, name)
    .replace(/^\d+:/, '')
    .replace(/[+-].*$/, '');

const ownVersion = () =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
const bun = `${here}node_modules/.bin/bun`;
const deno = `${here}node_modules/.bin/deno`;
const gorilla = `${built}gorilla`;
const lws = `${built}echo-libwebsockets`;
const chromium =
  [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path !== undefined && existsSync(path)) ?? '/usr/bin/chromium';

/**
 * `server` prints the port of an echo server; `client` takes URL and NAME and runs the conformance cases; `interop` takes
 * the URL of an echo server, runs a plan of messages, and prints a line of JSON for each.
 */
export const allPeers = [
  {
    name: 'Tidewire',
    version: ownVersion,
    server: ['node', `${peers}echo-tidewire.mjs`],
    http2: ['node', `${peers}echo-tidewire.mjs`, '--http2'],
    client: ['node', `${peers}client-tidewire.mjs`],
    http2Client: ['node', `${peers}client-tidewire.mjs`, '--http2'],
    interop: ['node', `${peers}interop-whatwg.mjs`, 'tidewire'],
  },
  {
    name: 'ws',
    npm: 'ws',
    version: () => packageVersion('ws'),
    server: ['node', `${peers}echo-ws.mjs`],
    client: ['node', `${peers}client-whatwg.mjs`, 'ws'],
    interop: ['node', `${peers}interop-whatwg.mjs`, 'ws'],
  },
  {
    name: 'undici',
    npm: 'undici',
    version: () => packageVersion('undici'),
    client: ['node', `${peers}client-whatwg.mjs`, 'undici'],
    interop: ['node', `${peers}interop-whatwg.mjs`, 'undici'],
  },
  {
    name: 'Bun',
    npm: 'bun',
    version: () => packageVersion('bun'),
    server: [bun, `${peers}echo-bun.mjs`],
    client: [bun, `${peers}client-whatwg.mjs`, 'global'],
    interop: [bun, `${peers}interop-whatwg.mjs`, 'global'],
  },
  {
    name: 'Deno',
    npm: 'deno',
    version: () => packageVersion('deno'),
    server: [deno, 'run', '-A', `${peers}echo-deno.mjs`],
    client: [deno, 'run', '-A', `${peers}client-whatwg.mjs`, 'global'],
    interop: [deno, 'run', '-A', `${peers}interop-whatwg.mjs`, 'global'],
  },
  {
    name: 'Chromium',
    version: () => output(chromium, '--version').split(/\s+/)[1] ?? '',
    program: chromium,
    interop: ['node', `${peers}interop-chromium.mjs`, chromium],
  },
  {
    name: 'Python websockets',
    version: () => output(debianPython, '-c', 'import websockets.version as m; print(m.version)'),
    debian: ['python3-websockets'],
    server: [debianPython, `${peers}echo_websockets.py`],
    client: [debianPython, `${peers}client_websockets.py`],
    interop: [debianPython, `${peers}client_websockets.py`, '--interop'],
  },
  {
    name: 'Python aiohttp',
    version: () => pythonVersion('aiohttp'),
    debian: ['python3-aiohttp'],
    server: [debianPython, `${peers}echo_aiohttp.py`],
    client: [debianPython, `${peers}client_aiohttp.py`],
    interop: [debianPython, `${peers}client_aiohttp.py`, '--interop'],
  },
  {
    name: 'Go gorilla',
    version: () => debianVersion('golang-github-gorilla-websocket-dev'),
    debian: ['golang-go', 'golang-github-gorilla-websocket-dev'],
    build: {
      command: ['go', 'build', '-o', gorilla, '.'],
      cwd: `${peers}gorilla`,
      env: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: `${built}go-cache` },
    },
    server: [gorilla, 'serve'],
    client: [gorilla, 'client'],
    interop: [gorilla, 'interop'],
  },
  {
    name: 'Java HttpClient',
    version: () => output('java', '--version').split(/\s+/)[1] ?? '',
    debian: ['default-jdk-headless'],
    build: { command: ['javac', '-d', built, `${peers}java/Client.java`] },
    client: ['java', '-cp', built, 'Client'],
    interop: ['java', '-cp', built, 'Client', '--interop'],
  },
  {
    name: 'libwebsockets',
    version: () => debianVersion('libwebsockets-dev'),
    debian: ['libwebsockets-dev', 'gcc', 'libc6-dev'],
    build: { command: ['gcc', '-O1', '-Wall', '-o', lws, `${peers}echo_libwebsockets.c`, '-lwebsockets'] },
    server: [lws],
  },
];

/**
 * Installs what npm has of the peers and, unless it is told not to, what Debian has; compiles the rest. Gives the peers
 * there are, and of the others why they are left out, as lines of text.
 */
export function preparePeers(wanted = allPeers, { installsDebian = true } = {}) {
  mkdirSync(built, { recursive: true });
  if (wanted.some(({ npm }) => npm !== undefined && !isInstalled(npm))) {
    spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', here], {
      stdio: 'ignore',
      timeout: 120_000,
    });
  }
  const packages = wanted.flatMap(({ debian = [] }) => debian).filter((name) => debianVersion(name) === '');
  if (installsDebian && packages.length > 0) installDebian(packages);
  const leftOut = [];
  const peers = wanted.filter((peer) => {
    const obstacle = obstacleTo(peer);
    if (obstacle !== undefined) leftOut.push(`${peer.name} is left out: ${obstacle}`);
    return obstacle === undefined;
  });
  return { peers, leftOut };
}

const isInstalled = (name) => existsSync(`${here}node_modules/${name}/package.json`);

function obstacleTo(peer) {
  const { npm, debian = [], program } = peer;
  if (npm !== undefined && !isInstalled(npm)) return `npm ci does not bring ${npm}`;
  const missing = debian.filter((name) => debianVersion(name) === '');
  if (missing.length > 0) return `${missing.join(', ')} is not installed`;
  if (program !== undefined && !existsSync(program)) return `${program} is not there`;
  return build(peer) ? undefined : 'it does not compile';
}

export function installDebian(packages) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.error(`installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  spawnSync('apt-get', ['update', '-qq'], options);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
}

function build({ build: recipe }) {
  if (recipe === undefined) return true;
  const { command, cwd = here, env = {} } = recipe;
  return run(command[0], command.slice(1), { cwd, env: { ...process.env, ...env } });
}

const run = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options }).status === 0;

/** Starts an echo server; resolves when it has printed its port. */
export async function startServer({ name, server }) {
  const child = spawn(server[0], server.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(Number.parseInt(text, 10)));
    child.once('exit', (code) => reject(new Error(`the echo server of ${name} ended with ${code}`)));
    child.once('error', reject);
  });
  return {
    url: `ws://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  };
}

/** Runs a client to its end, or kills it at the deadline; resolves to the lines it printed. */
export function runClient(command, args, deadlineMs = 300_000) {
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, lines: text.split('\n').filter((line) => line !== ''), errors });
    });
  });
}
