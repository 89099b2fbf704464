// Runs the conformance suite against Tidewire and its peers, servers and clients, and writes docs/conformance.md.
// Usage: node scripts/interop-conformance.mjs [--html FILE] [--json FOLDER] [name …]
// With --json the results stay in a folder: names then measure only those anew, and the page is written from all of it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import {
  ClientTest,
  countVerdicts,
  formatHtml,
  listCases,
  readRun,
  testServer,
} from '../dist/src/conformance/index.js';
import { groupsOf } from '../dist/src/conformance/report/summary-table.js';
import { preparePeers, runClient, startServer } from '../test/interop/peers.mjs';
import { readArguments } from './arguments.mjs';

const { values, positionals } = readArguments(import.meta.url, {
  options: { html: { type: 'string' }, json: { type: 'string' } },
  allowPositionals: true,
});
const wanted = (name) =>
  positionals.length === 0 || positionals.some((part) => name.toLowerCase().includes(part.toLowerCase()));

/** So many causes of failure are listed for each implementation. */
const maxCauses = 12;
/** Twice the default: the peers share the machine with the suite. */
const deadlineMs = 10_000;

const runs = [];
const { peers, leftOut } = preparePeers();
for (const line of leftOut) console.error(line);
for (const peer of peers) {
  const name = `${peer.name} ${peer.version()}`;
  if (peer.server !== undefined)
    runs.push(await keep(peer, `${name} server`, () => measureServer(peer, name)));
  if (peer.http2 !== undefined) {
    const over = { name: peer.name, server: peer.http2 };
    runs.push(await keep(peer, `${name} server http2`, () => measureServer(over, name, true)));
  }
  if (peer.client !== undefined)
    runs.push(await keep(peer, `${name} client`, () => measureClient(peer, name)));
  if (peer.http2Client !== undefined) {
    const over = { client: peer.http2Client };
    runs.push(await keep(peer, `${name} client http2`, () => measureClient(over, name, true)));
  }
}
if (values.html !== undefined) writeFileSync(values.html, formatHtml(runs));
writeFileSync(new URL('../docs/conformance.md', import.meta.url), page(runs));

/** Measures, or takes the result of an earlier run from the folder. */
async function keep(peer, label, measure) {
  if (values.json === undefined) return measure();
  mkdirSync(values.json, { recursive: true });
  const file = `${values.json}/${label.replaceAll(/[^a-zA-Z0-9.]+/g, '-').toLowerCase()}.json`;
  if (!wanted(peer.name) && existsSync(file)) return readRun(file);
  const run = await measure();
  writeFileSync(file, JSON.stringify(run));
  return run;
}

async function measureServer(peer, name, http2 = false) {
  const server = await startServer(peer);
  const run = await testServer({ url: server.url, name, http2, deadlineMs });
  await server.stop();
  return told(run);
}

async function measureClient(peer, name, http2 = false) {
  const test = new ClientTest({ deadlineMs, http2 });
  const url = await test.listen();
  const finished = test.finished();
  const ended = runClient(peer.client, [url, name]).then(async ({ code, errors }) => {
    // A client that died did not ask for its report: what it did until then counts.
    if (code === 0) return;
    console.error(`${name} ended with ${code}: ${errors.split('\n').at(-2) ?? ''}`);
    if (http2) throw new Error('the client over HTTP/2 did not finish');
    const socket = await fetch(`${url.replace('ws:', 'http:')}/report?agent=${encodeURIComponent(name)}`);
    await socket.text();
  });
  const run = await finished;
  await ended;
  await test.close();
  return told(run);
}

function told(run) {
  console.error(
    `${run.name}, ${run.role}: ${JSON.stringify(countVerdicts(run.results))} in ${run.milliseconds} ms`,
  );
  return run;
}

function page(all) {
  return `# Conformance, measured

What \`tidewire conform\` says about Tidewire and others: ${listCases().length} cases written from RFC 6455, 7692 and 8441.
This page is written by \`node scripts/interop-conformance.mjs\`; the figures are those of one run on ${all[0].startedAt.slice(0, 10)}, with
Node ${process.versions.node}. [The reference](reference/conform.md) says what the verdicts mean and how to test an endpoint of yours.

Every implementation runs as an echo of a few lines (\`test/interop/peers/\`) with compression on where it has it, and
with its own limits, except where its limit is below the 16 MiB that the largest cases move. A case
that an implementation cannot take part in (no compression, a parameter it declines) is *skipped*. Some results vary
from run to run: Java's client now and then leaves a message without its echo, another one each time.

${section(
  'Servers',
  all.filter(({ role }) => role === 'server'),
)}
${section(
  'Clients',
  all.filter(({ role }) => role === 'client'),
)}
## What failed

${all.map(failures).join('\n')}`;
}

function section(title, some) {
  const counted = some.map((run) => ({ run, counts: countVerdicts(run.results) }));
  const rows = counted.map(({ run, counts }) => {
    const { strict, acceptable, informational, failed, skipped } = counts;
    return `| ${titleOf(run)} | ${strict} | ${acceptable} | ${informational} | ${failed === 0 ? '0' : `**${failed}**`} | ${skipped} | ${(run.milliseconds / 1000).toFixed(0)} s |`;
  });
  const groups = groupsOf(some[0]);
  const cells = (name) =>
    some.map((run) => {
      const counts = countVerdicts(groupsOf(run).find((group) => group.name === name)?.results ?? []);
      const applied = counts.strict + counts.acceptable + counts.failed;
      if (applied === 0) return '–';
      return counts.failed > 0 ? `**${counts.failed} failed**` : `${counts.strict} of ${applied}`;
    });
  return `## ${title}

| implementation | strict | acceptable | informational | failed | skipped | time |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

By section: failed cases, or how many of those that apply are strict.

| section | ${some.map(titleOf).join(' | ')} |
| --- |${' --- |'.repeat(some.length)}
${groups.map(({ name, title: words }) => `| ${words} | ${cells(name).join(' | ')} |`).join('\n')}
`;
}

function titleOf({ name, transport }) {
  return transport === 'http/2' ? `${name}, HTTP/2` : name;
}

/** The failed cases of a run, those with the same cause in one line. */
function failures(run) {
  const failed = run.results.filter(({ verdict }) => verdict === 'failed');
  if (failed.length === 0) return `**${titleOf(run)}, ${run.role}**: nothing.\n`;
  const byCause = Map.groupBy === undefined ? groupBy(failed) : Map.groupBy(failed, causeOf);
  const lines = [...byCause].slice(0, maxCauses).map(([cause, cases]) => {
    const shown = cases
      .slice(0, 3)
      .map(({ id }) => `\`${id}\``)
      .join(', ');
    const rest = cases.length > 3 ? ` and ${cases.length - 3} more` : '';
    return `- ${shown}${rest}: ${cause.replaceAll('|', '\\|')}`;
  });
  const left = [...byCause].slice(maxCauses).reduce((sum, [, cases]) => sum + cases.length, 0);
  if (left > 0) lines.push(`- and ${left} cases more`);
  return `**${titleOf(run)}, ${run.role}**\n\n${lines.join('\n')}\n`;
}

/** The detail without what changes from case to case. */
function causeOf({ id, detail }) {
  const [group, kind] = id.split('.');
  const cause = detail
    .replaceAll(/"[^"]*"…?/g, '…')
    .replaceAll(/\b[0-9a-f]{6,}…?/g, '…')
    .replace(/: permessage-deflate.*$/, '');
  const place = group === 'deflate-parameters' ? group : `${group}.${kind}`;
  return `${cause.replaceAll(/\d+ bytes/g, 'n bytes').replaceAll(/_bits=\d+/g, '_bits')} (${place})`;
}

function groupBy(failed) {
  const groups = new Map();
  for (const each of failed) groups.set(causeOf(each), [...(groups.get(causeOf(each)) ?? []), each]);
  return groups;
}
