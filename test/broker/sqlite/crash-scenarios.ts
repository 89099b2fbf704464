// Ways to lose a process, the end of a file, or the room on a disk; and what must be true after each.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BrokerError } from '../../../src/broker/index.ts';
import { SqliteBroker } from '../../../src/broker/sqlite/index.ts';
import type { SeededRandom } from '../../../src/testkit/index.ts';
import { CrashLedger, logs, type Report } from './crash-ledger.ts';
import { temporaryStore } from './temporary-store.ts';

const writer = fileURLToPath(new URL('./crash-writer.js', import.meta.url));
let lives = 0;

interface Life {
  readonly ledger: CrashLedger;
  readonly reports: readonly Report[];
}

/** Runs the writer until it was heard of `acknowledgements`, then kills it. Resolves when all it told has been read. */
async function live(child: ChildProcess, ledger: CrashLedger, acknowledgements: number): Promise<Life> {
  const until = ledger.acknowledged + acknowledgements;
  const reports: Report[] = [];
  const errors: string[] = [];
  child.stderr!.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  for await (const line of createInterface(child.stdout!)) {
    // The last line may have been cut by the kill.
    if (!line.endsWith('}')) continue;
    const report = JSON.parse(line) as Report;
    ledger.record(report);
    reports.push(report);
    if (ledger.acknowledged >= until) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.ok(child.signalCode === 'SIGKILL' || child.exitCode === 0, errors.join(''));
  return { ledger, reports };
}

function start(path: string): ChildProcess {
  return spawn(process.execPath, [writer, path, `life${++lives}`], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Kills the process again and again, and opens the same file each time. Resolves to what was acknowledged in all. */
export async function killAgainAndAgain(random: SeededRandom, kills: number): Promise<number> {
  const { path, remove } = temporaryStore();
  const ledger = new CrashLedger();
  for (let count = 0; count < kills; count++) {
    const { reports } = await live(start(path), ledger, random.integer(1, 1_500));
    const opened = reports[0];
    assert.deepEqual(opened, { type: 'opened', opening: count === 0 ? 'new' : 'continued' });
    const broker = await SqliteBroker.open({ path });
    assert.equal(broker.opening, 'continued');
    await ledger.assertKept(broker);
    await broker.close();
  }
  remove();
  return ledger.acknowledged;
}

export const damages = [
  'cut wal',
  'cut database',
  'flip wal',
  'flip database',
  'no wal',
  'flip witness',
] as const;
export type Damage = (typeof damages)[number];

/** Kills the process, damages a file, and opens it. Resolves to what became of it. */
export async function damageOnce(random: SeededRandom, damage: Damage): Promise<string> {
  const { path, remove } = temporaryStore();
  const ledger = new CrashLedger();
  // More than a thousand pages, so that some are in the database and some in its log.
  await live(start(path), ledger, random.integer(2_000, 4_000));
  apply(damage, path, random);
  const outcome = await lookAt(path, ledger);
  if (outcome === 'damaged') {
    const replaced = await SqliteBroker.open({ path, onDamage: 'replace' });
    // What was found while reading, and not while opening, is found again then.
    await ledger.assertHonest(replaced).catch(assertIsDamage);
    await replaced.close();
  }
  remove();
  return outcome;
}

async function lookAt(path: string, ledger: CrashLedger): Promise<string> {
  let broker: SqliteBroker | undefined;
  try {
    broker = await SqliteBroker.open({ path });
    if (broker.opening === 'continued') await ledger.assertKept(broker);
    else await ledger.assertHonest(broker);
    return broker.opening;
  } catch (error) {
    assertIsDamage(error);
    return 'damaged';
  } finally {
    await broker?.close();
  }
}

function assertIsDamage(error: unknown): void {
  if (!(error instanceof BrokerError) || error.code !== 'BROKER_DAMAGED') throw error;
}

function apply(damage: Damage, path: string, random: SeededRandom): void {
  const [verb, which = ''] = damage.split(' ');
  const file = which === 'wal' ? `${path}-wal` : which === 'witness' ? `${path}-witness` : path;
  assert.ok(existsSync(file) && statSync(file).size > 0, `${file} is there`);
  if (verb === 'no') rmSync(file);
  else if (verb === 'cut') truncateSync(file, random.integer(0, statSync(file).size - 1));
  else for (let count = random.integer(1, 40); count > 0; count--) flipBit(file, random);
}

function flipBit(path: string, random: SeededRandom): void {
  const file = openSync(path, 'r+');
  const at = random.integer(0, fstatSync(file).size - 1);
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  byte[0]! ^= 1 << random.integer(0, 7);
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}

/** Lets the process write until its files may grow no more, and then opens the file where there is room. */
export async function runOutOfRoom(random: SeededRandom): Promise<number> {
  const { path, remove } = temporaryStore();
  const ledger = new CrashLedger();
  // Blocks of 512 or 1 024 bytes, as the shell counts them. A write beyond fails, as it does where a quota is used up.
  const command = `trap '' XFSZ; ulimit -f ${random.integer(600, 3_000)}; exec "$0" "$@"`;
  const child = spawn('/bin/sh', ['-c', command, process.execPath, writer, path, `life${++lives}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { reports } = await live(child, ledger, Number.POSITIVE_INFINITY);
  const refused = reports.filter((report) => report.type === 'refused');
  assert.ok(refused.length > 0 && refused.every(({ code }) => /^BROKER_(FULL|UNAVAILABLE)$/.test(code)));
  assert.ok(
    reports.some((report) => report.type === 'read' && report.count === 10),
    'it could still be read',
  );
  const broker = await SqliteBroker.open({ path });
  assert.equal(broker.opening, 'continued');
  await ledger.assertKept(broker);
  await broker.close();
  // Now there is room again, and it goes on where it was.
  await live(start(path), ledger, 100);
  remove();
  return ledger.acknowledged;
}

/** Fills a small disk, makes it read-only, and lets it be written again; all with one broker that is open meanwhile. */
export async function fillDisk(folder: string, remount: (mode: 'ro' | 'rw') => void): Promise<true> {
  const path = join(folder, 'store.db');
  const [{ name, policy }] = logs;
  let broker = await SqliteBroker.open({ path });
  const publish = (text: string) => broker.publish(name, { data: text }, policy);
  const isRefused = (error: unknown) =>
    error instanceof BrokerError && /^BROKER_(FULL|UNAVAILABLE)$/.test(error.code);
  const kept = async (): Promise<number> => {
    const page = await broker.history(name, { type: 'forward', limit: 1_000 }, policy);
    assert.ok(page.type === 'page' && page.publications.every(({ data }) => String(data).startsWith('x')));
    return page.kept.head;
  };
  let acknowledged = 0;
  for (;;) {
    try {
      await publish('x'.repeat(20_000));
      acknowledged++;
    } catch (error) {
      assert.ok(isRefused(error), String(error));
      break;
    }
  }
  assert.ok(acknowledged > 10);
  assert.equal(await kept(), acknowledged, 'a full disk can be read');
  await broker.close();

  // Opened where there is some room, it goes on; and stops when the disk may not be written any more.
  broker = await SqliteBroker.open({ path });
  assert.deepEqual([broker.opening, await kept()], ['continued', acknowledged]);
  await broker.close();
  remount('ro');
  await assert.rejects(SqliteBroker.open({ path }), isRefused);
  remount('rw');
  broker = await SqliteBroker.open({ path });
  assert.deepEqual([broker.opening, await kept()], ['continued', acknowledged]);
  await broker.close();
  return true;
}
