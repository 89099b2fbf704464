// Crashes the store on disk until the time is over: npm run crash -- [--minutes 5] [--seed 1]
// Kills, torn and flipped files, no room; and, where it may mount one, a small disk that fills up and turns read-only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../dist/src/testkit/index.js';
import {
  damageOnce,
  damages,
  fillDisk,
  killAgainAndAgain,
  runOutOfRoom,
} from '../dist/test/broker/sqlite/crash-scenarios.js';
import { readArguments } from './arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
});

/** Runs with a disk of a few megabytes in memory, where this process may mount one. */
async function onSmallDisk(run) {
  const folder = mkdtempSync(join(tmpdir(), 'tidewire-disk-'));
  const mount = (...options) => spawnSync('mount', options, { stdio: 'ignore' }).status === 0;
  try {
    if (!mount('-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder)) return undefined;
    return await run(folder, (mode) => {
      if (!mount('-o', `remount,${mode}`, folder)) throw new Error(`cannot remount ${folder} ${mode}`);
    });
  } finally {
    spawnSync('umount', [folder], { stdio: 'ignore' });
    rmSync(folder, { recursive: true });
  }
}

const until = Date.now() + Number(values.minutes) * 60_000;
const outcomes = new Map();
const count = (name, by = 1) => outcomes.set(name, (outcomes.get(name) ?? 0) + by);

let seed = Number(values.seed);
for (; Date.now() < until; seed++) {
  const random = new SeededRandom(seed);
  try {
    const kills = random.integer(2, 6);
    count('acknowledged', await killAgainAndAgain(random, kills));
    count('kills', kills);
    for (const damage of damages) count(`${damage}: ${await damageOnce(random, damage)}`);
    count('acknowledged', await runOutOfRoom(random));
    count('ran out of room');
    const filled = await onSmallDisk(fillDisk);
    count(filled === undefined ? 'small disks refused to us' : 'disks filled and made read-only');
  } catch (error) {
    console.error(`seed ${seed}:`, error);
    process.exitCode = 1;
    break;
  }
}
console.log(`seeds ${values.seed} to ${seed - 1}`);
for (const [name, number] of [...outcomes].sort()) console.log(`  ${name}: ${number}`);
