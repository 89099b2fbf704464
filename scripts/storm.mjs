// Real sockets in bad weather: npm run storm [-- recovery slow-readers server-restart]. Ends with 1 when a promise broke.

import { recoveryStorm } from '../dist/test/storm/recovery-storm.js';
import { serverRestart } from '../dist/test/storm/server-restart.js';
import { slowReaders } from '../dist/test/storm/slow-readers.js';
import { readArguments } from './arguments.mjs';

const storms = {
  recovery: (progress) => recoveryStorm({ subscribers: 200, cuts: 20, messagesPerSecond: 200 }, progress),
  'slow-readers': (progress) => slowReaders({ good: 2_000, stalled: 10, slow: 20, messages: 400 }, progress),
  'server-restart': (progress) => serverRestart({ clients: 5_000, awayMs: 3_000 }, progress),
};

const { positionals: asked } = readArguments(import.meta.url, { allowPositionals: true });
const unknown = asked.filter((name) => !Object.hasOwn(storms, name));
if (unknown.length > 0) {
  console.error(`no storm is called ${unknown.join(', ')}: there are ${Object.keys(storms).join(', ')}`);
  process.exit(2);
}

let failed = 0;
for (const name of asked.length > 0 ? asked : Object.keys(storms)) {
  console.log(`${name}:`);
  const { violations, figures } = await storms[name]((line) => console.log(`  … ${line}`));
  for (const [figure, value] of Object.entries(figures)) console.log(`  ${figure}: ${value}`);
  for (const violation of violations.slice(0, 20)) console.log(`  BROKEN ${violation}`);
  console.log(
    violations.length === 0
      ? '  nothing lost, nothing twice, every hole told'
      : `  ${violations.length} broken`,
  );
  if (violations.length > 0) failed++;
}
process.exit(failed > 0 ? 1 : 0);
