// Prints which check catches each wrong variant of the machines, and how many seeds it took: npm run drill [-- 5000]
// The number is how many seeds are tried at the most.

import { findCatch } from '../dist/test/testkit/drill/drill.js';
import { variants } from '../dist/test/testkit/drill/variants.js';
import { readArguments } from './arguments.mjs';

const { positionals } = readArguments(import.meta.url, { allowPositionals: true });
const maxSeeds = Number(positionals[0] ?? 5_000);
let missed = 0;
console.log(`${'variant'.padEnd(44)} ${'seeds'.padStart(5)}  caught by`);
for (const variant of variants) {
  const caught = findCatch(variant, maxSeeds);
  if (caught === undefined) missed++;
  const seeds = caught === undefined ? 'none' : caught.seeds === 0 ? '–' : String(caught.seeds);
  console.log(`${variant.name.padEnd(44)} ${seeds.padStart(5)}  ${(caught?.by ?? 'NOBODY').slice(0, 110)}`);
}
process.exitCode = missed > 0 ? 1 : 0;
