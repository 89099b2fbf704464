// Sends messages between Tidewire and its peers, both ways and through proxies, and writes docs/interop.md.
// Usage: node scripts/interop.mjs [--installed] [name …]   Names measure only those peers, and write nothing. So does
// --installed, which takes what is there and what npm brings, installs no packages of Debian, and begins nothing after a
// while: what is left out is named.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allPeers, installDebian, preparePeers, runClient, startServer } from '../test/interop/peers.mjs';
import { readArguments } from './arguments.mjs';

/** How long the part of `npm test` may go on to the next pair, in milliseconds. */
const installedBudgetMs = 40_000;
const {
  values: { installed = false },
  positionals: names,
} = readArguments(import.meta.url, { options: { installed: { type: 'boolean' } }, allowPositionals: true });
const wanted = ({ name }) =>
  names.length === 0 || names.some((part) => name.toLowerCase().includes(part.toLowerCase()));
const ours = allPeers[0];
const candidates = allPeers.filter((peer) => peer !== ours && wanted(peer));
const { peers, leftOut } = preparePeers(candidates, { installsDebian: !installed });

/** What is measured, in the order of the table. */
const pairs = [ours, ...peers].flatMap((peer) => [
  ...(peer.interop === undefined ? [] : [{ name: peer.name, run: () => exchange(peer, ours) }]),
  ...(peer === ours || peer.server === undefined
    ? []
    : [{ name: `the server of ${peer.name}`, run: () => exchange(ours, peer) }]),
]);
for (const proxy of ['nginx', 'haproxy'].filter((name) => wanted({ name }))) {
  pairs.push({ name: proxy, run: () => throughProxy(proxy) });
}
const rows = await inTurns(pairs, 2);
for (const line of leftOut) console.error(line);
if (!installed && names.length === 0) writeFileSync(new URL('../docs/interop.md', import.meta.url), page());
process.exitCode = rows.every(({ failed }) => failed.length === 0) ? 0 : 1;

/** Runs the pairs, a few at a time; gives their rows in order. */
async function inTurns(all, atOnce) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < all.length) {
      const index = next;
      next += 1;
      const { name, run } = all[index];
      if (installed && performance.now() > installedBudgetMs) {
        leftOut.push(`${name} is left out: ${installedBudgetMs / 1000} s are over`);
        results[index] = [];
      } else {
        results[index] = await run();
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results.flat();
}

/** One client against one echo server. */
async function exchange(client, serverPeer) {
  const server = await startServer(serverPeer);
  const row = await measure(client, server.url, `${serverPeer.name} ${serverPeer.version()}`);
  await server.stop();
  return row;
}

async function measure(client, url, serverName) {
  const { code, lines, errors } = await runClient(client.interop, [url], 120_000);
  const results = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const failed = results.filter(({ ok }) => !ok).map(({ label }) => label);
  if (code !== 0 || results.length === 0)
    failed.push(`the client ended with ${code}: ${errors.split('\n').at(-2) ?? ''}`);
  const row = {
    client: `${client.name} ${client.version()}`,
    server: serverName,
    checks: results.length,
    compressed: results.some(({ compressed }) => compressed),
    failed,
  };
  console.error(
    `${row.client} → ${row.server}: ${row.checks} checks${row.compressed ? ', compressed' : ''}, failed: ${failed.join('; ') || 'none'}`,
  );
  return row;
}

/** TLS ends at the proxy; behind it is our server. Our client and `ws` go through it. */
async function throughProxy(name) {
  const isThere = () => spawnSync('sh', ['-c', `command -v ${name} && command -v openssl`]).status === 0;
  if (!installed && !isThere()) installDebian([name === 'nginx' ? 'nginx-light' : name, 'openssl']);
  const ws = peers.find((peer) => peer.name === 'ws');
  if (!isThere()) {
    leftOut.push(`${name} is left out: it is not installed`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'tidewire-proxy-'));
  const server = await startServer(ours);
  const port = await freePort();
  makeCertificate(folder);
  const template = name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg';
  const config = readFileSync(new URL(`../docs/howto/${template}`, import.meta.url), 'utf8')
    .replaceAll('{folder}', folder)
    .replaceAll('{port}', String(port))
    .replaceAll('{backend}', new URL(server.url).port);
  writeFileSync(join(folder, template), config);
  const file = join(folder, template);
  const proxy = spawn(name, name === 'nginx' ? ['-c', file, '-p', folder] : ['-db', '-f', file], {
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => proxy.once('exit', resolve));
  await accepting(port, proxy);
  const url = `wss://127.0.0.1:${port}/`;
  const measured = [];
  for (const client of ws === undefined ? [ours] : [ours, ws]) {
    measured.push(await measure(client, url, `Tidewire behind ${name} (TLS)`));
  }
  proxy.kill('SIGTERM');
  await ended;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  return measured;
}

function makeCertificate(folder) {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  spawnSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  writeFileSync(join(folder, 'both.pem'), readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'));
}

/** A proxy takes its port from a file, so one that is free now has to do. */
async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when somebody accepts connections at the port; rejects when the program has ended instead. */
async function accepting(port, program) {
  for (;;) {
    if (program.exitCode !== null) throw new Error(`the proxy ended with ${program.exitCode}`);
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function page() {
  const lines = rows.map(
    ({ client, server, checks, compressed, failed }) =>
      `| ${client} | ${server} | ${compressed ? 'yes' : 'no'} | ${checks} | ${failed.length === 0 ? 'all' : `**not** ${failed.join(', ')}`} |`,
  );
  return `# Interoperability, measured

Each client sends text and binary messages of 0, 1, 125, 126, 127, 65 535 and 65 536 bytes, 1 MiB and 16 MiB to an echo server
and compares what comes back, then closes with the code 3001 and expects the closing handshake; on another connection it asks the
server to close, with 3002, and compares code and reason. Clients with an interface for it send a fragmented
message too; those that can turn compression on and off do it with and without. Written by \`npm run interop\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}; the
programs are in \`test/interop/peers/\`.

| client | server | compression | checks | passed |
| --- | --- | --- | --- | --- |
${lines.join('\n')}

The proxies run with [nginx.conf](howto/nginx.conf) and [haproxy.cfg](howto/haproxy.cfg), TLS in front and WebSocket in the clear
behind. Both pass bytes on as they come once the connection is upgraded (nginx's \`proxy_buffering\` does not apply then), and both end a
connection on which nothing passes for a while: see the comments on the timeouts.
`;
}
