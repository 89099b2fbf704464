// The command behind `npm run attack`: every attack in turn, with its progress, and a summary.

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { attacks } from './attacks/index.ts';
import { canReadProcesses } from './gauge.ts';
import { figureTable, isHeld, legend, line, type Run, table } from './report.ts';
import { type AttackResult, Bystander, isPossible, runAttack } from './run-attack.ts';
import type { TargetChoice } from './server-process.ts';

/** How long the quiet time before an attack is measured, and how long the attack goes on. */
const QUIET_MS = 1_250;
const ATTACK_MS = 2_000;

const help = `npm run attack -- [options]

  --only NAME,NAME   only these attacks, or those of a group: handshake, http2, frames, compression,
                     outbound, messages
  --against ws       the package ws instead of our own server (npm ci --prefix bench first)
  --target URL       a server that runs already, on 127.0.0.1, and sends back what it is sent
  --pid N            its process, whose memory and descriptors are read
  --json FILE        writes all that was measured
  --document         runs ws as well, and writes both beside each other into docs/attacks.md
  --list             says which attacks there are

It passes when the server answers as it should, stays within bounds, returns to rest, and a well-behaved client stays
connected and is answered at most 1.5 times as slowly (p99) as before, or within 15 ms. docs/attacks.md explains the figures.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    against: { type: 'string' },
    target: { type: 'string' },
    pid: { type: 'string' },
    json: { type: 'string' },
    document: { type: 'boolean' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

function usage(problem: string): never {
  console.error(`${problem}\n\n${help}`);
  process.exit(2);
}

function choice(): TargetChoice {
  const { target, pid, against } = values;
  if (against !== undefined && against !== 'ws') usage(`--against takes ws, not ${against}`);
  if (target === undefined) return { type: 'own', victim: against === 'ws' ? 'ws' : 'tidewire' };
  const url = URL.canParse(target) ? new URL(target) : usage(`${target} is no URL`);
  if (!url.hostname.startsWith('127.') || url.protocol !== 'ws:') {
    usage('only servers of this machine are attacked: ws://127.0.0.1:PORT/');
  }
  if (!Number.isInteger(Number(pid))) usage('--target needs --pid, the process of the server');
  return { type: 'running', url, pid: Number(pid) };
}

const only = values.only?.split(',');
const chosen = attacks.filter(
  ({ name, group }) => only === undefined || only.includes(name) || only.includes(group),
);

/** Puts the tables of a run where the last ones stand. */
function writeDocument(runs: readonly [own: Run, ...others: Run[]]): void {
  const file = new URL('../../../docs/attacks.md', import.meta.url);
  const text = readFileSync(file, 'utf8');
  const begin = '<!-- the tables of a run: npm run attack -- --document -->\n';
  const [before] = text.split(begin, 1);
  const { date, node, processors, load } = circumstances();
  writeFileSync(
    file,
    `${before}${begin}\n${date}, Node ${node}, ${processors} processors; load at the end of the run: ${load.join(', ')}.\n\n` +
      `${table(runs)}\n\n### What Tidewire used: before → during → after\n\n${figureTable(runs[0])}\n`,
  );
}

function circumstances(): { date: string; node: string; processors: number; load: number[] } {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    processors: availableParallelism(),
    load: loadavg().map((value) => Math.round(value * 10) / 10),
  };
}

async function run(target: TargetChoice): Promise<AttackResult[]> {
  console.log(`${legend}\n`);
  const results: AttackResult[] = [];
  const bystander = await Bystander.start();
  const possible = chosen.filter((attack) => isPossible(attack, target));
  for (const [index, attack] of possible.entries()) {
    if (process.stderr.isTTY)
      process.stderr.write(`[${index + 1}/${possible.length}] ${attack.name}: ${attack.about}\r`);
    const result = await runAttack(attack, target, { quietMs: QUIET_MS, forMs: ATTACK_MS, bystander });
    if (process.stderr.isTTY) process.stderr.write('\x1b[2K');
    console.log(line(result));
    results.push(result);
  }
  bystander.stop();
  const held = results.filter(isHeld).length;
  console.log(`\n${held} of ${results.length} attacks held`);
  return results;
}

if (values.help === true) {
  console.log(help);
} else if (values.list === true) {
  for (const { name, group, about } of chosen) console.log(`${group.padEnd(9)} ${name.padEnd(24)} ${about}`);
} else {
  if (!canReadProcesses) usage('memory and descriptors are read from /proc: it runs on Linux');
  if (chosen.length === 0) usage(`no attack is called ${values.only}`);
  const results = await run(choice());
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ ...circumstances(), results }, undefined, 1));
  if (values.document === true) {
    console.log('\nThe package ws:\n');
    const theirs = await run({ type: 'own', victim: 'ws' });
    writeDocument([
      { server: 'Tidewire', results },
      { server: 'ws', results: theirs },
    ]);
  }
  process.exitCode = results.every(isHeld) ? 0 : 1;
}
