// Runs the simulator over many seeds, or replays one: npm run simulate -- --seeds 2000 [--from 1] [--seed S --trace]

import { simulate } from '../dist/src/testkit/index.js';
import { readArguments } from './arguments.mjs';

const { values } = readArguments(import.meta.url, {
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
});

function replay(seed) {
  const result = simulate({ seed, trace: values.trace });
  for (const line of result.trace) console.log(line);
  report(result);
  process.exitCode = result.violations.length > 0 ? 1 : 0;
}

function report({ seed, violations, traceHash, deliveries, gaps, events, recoveredInMs }) {
  console.log(
    `seed ${seed}: trace ${traceHash}, ${events} events, ${deliveries} deliveries, ${gaps} gaps, live again after ${recoveredInMs} ms`,
  );
  for (const { rule, at, message } of violations)
    console.log(`  ${rule} at ${(at / 1000).toFixed(3)} s: ${message}`);
}

function run(from, count) {
  const began = process.cpuUsage();
  const totals = { deliveries: 0, gaps: 0, events: 0, failed: 0, slowestMs: 0 };
  let seed = from;
  for (; seed < from + count; seed++) {
    const result = simulate({ seed });
    totals.deliveries += result.deliveries;
    totals.gaps += result.gaps;
    totals.events += result.events;
    totals.slowestMs = Math.max(totals.slowestMs, result.recoveredInMs);
    if (result.violations.length === 0) continue;
    totals.failed++;
    report(result);
    console.log(`  replay: npm run simulate -- --seed ${seed} --trace`);
    if (!values['keep-going']) break;
  }
  const done = Math.min(seed, from + count - 1) - from + 1;
  const { user, system } = process.cpuUsage(began);
  const seconds = (user + system) / 1e6;
  console.log(
    `${done} seeds from ${from}, ${totals.failed} failed: ${totals.events} events, ${totals.deliveries} deliveries, ` +
      `${totals.gaps} gaps told, slowest recovery ${totals.slowestMs} ms virtual; ${(done / seconds).toFixed(0)} seeds a second of CPU`,
  );
  process.exitCode = totals.failed > 0 ? 1 : 0;
}

if (values.seed === undefined) run(Number(values.from), Number(values.seeds));
else replay(Number(values.seed));
