// Fuzzes for a while: npm run fuzz -- [--minutes 5] [--target NAME …] [--seed S] [--list] [--minimize FILE --target NAME]
// A finding is made small and written into test/fuzz/corpus, where the tests run it from then on.
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { readCorpus, writeCrash } from '../dist/test/fuzz/corpus-files.js';
import { Fuzzer, kindOf } from '../dist/test/fuzz/fuzzer.js';
import { minimize } from '../dist/test/fuzz/minimize.js';
import { differentialTargets } from '../dist/test/fuzz/targets/differential.js';
import { targets } from '../dist/test/fuzz/targets/index.js';
import { readArguments } from './arguments.mjs';

/** An input that takes longer never ends. */
const hangMs = 60_000;
/** Executions of a target of weight 1 before the next target has its turn. */
const turn = 2_000;
const longestInput = 64 * 1024;
/** What the threads share: these numbers, and then the executions of each target. */
const Shared = { Executions: 0, Findings: 1, Target: 2, Targets: 3 };

const all = [...targets, ...(await differentialTargets())];
if (isMainThread) await main();
else await fuzz(workerData);

async function main() {
  const { values } = readArguments(import.meta.url, {
    options: {
      minutes: { type: 'string', default: '1' },
      target: { type: 'string', multiple: true },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      minimize: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  const names = values.target ?? all.map(({ name }) => name);
  const unknown = names.find((name) => !all.some((target) => target.name === name));
  if (unknown !== undefined) {
    console.error(`there is no target ${unknown}; npm run fuzz -- --list names them`);
    process.exitCode = 1;
  } else if (values.list) {
    for (const { name, promise } of all) console.log(`${name.padEnd(20)} ${promise}`);
  } else if (values.minimize !== undefined) {
    await minimizeFile(targetOf(names[0]), values.minimize);
  } else {
    supervise({ names, seed: Number(values.seed), minutes: Number(values.minutes) });
  }
}

function targetOf(name) {
  return all.find((target) => target.name === name);
}

/** Lets another thread fuzz, shows how it gets on, and notices when it hangs. */
function supervise({ names, seed, minutes }) {
  const numbers = new Float64Array(new SharedArrayBuffer(8 * (Shared.Targets + names.length)));
  const current = new Uint8Array(new SharedArrayBuffer(4 + longestInput));
  const began = performance.now();
  const status = () => {
    const seconds = (performance.now() - began) / 1_000;
    const { [Shared.Executions]: executions, [Shared.Findings]: findings } = numbers;
    return `${seconds.toFixed(0)} s, ${executions} executions, ${Math.round(executions / seconds)}/s, ${findings} findings`;
  };
  const show = process.stdout.isTTY ? () => process.stdout.write(`\r${status()}  `) : () => {};
  const isLogged = (second) => !process.stdout.isTTY && second % 60 === 0;

  console.log(`fuzzing ${names.join(', ')} for ${minutes} min, seed ${seed}`);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { names, seed, minutes, numbers, current },
  });
  let [last, stillSince] = [-1, began];
  let second = 0;
  const timer = setInterval(() => {
    second += 1;
    show();
    if (isLogged(second)) console.log(status());
    const now = performance.now();
    if (numbers[Shared.Executions] !== last) [last, stillSince] = [numbers[Shared.Executions], now];
    else if (last > 0 && now - stillSince > hangMs) {
      const length = new DataView(current.buffer).getUint32(0);
      const name = names[numbers[Shared.Target]];
      console.log(
        `\nFINDING in ${name}: it does not end\n  ${writeCrash(name, current.slice(4, 4 + length))}`,
      );
      process.exitCode = 1;
      clearInterval(timer);
      void worker.terminate();
    }
  }, 1_000);
  worker.on('message', (line) => {
    console.log(`\n${line}`);
    process.exitCode = 1;
  });
  worker.on('error', (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  worker.on('exit', () => {
    clearInterval(timer);
    console.log(`\n${status()}`);
    for (const [index, name] of names.entries()) {
      console.log(`  ${name.padEnd(20)} ${numbers[Shared.Targets + index]} executions`);
    }
  });
}

/** The other thread: each target in turn, until the time is over. */
async function fuzz({ names, seed, minutes, numbers, current }) {
  const until = performance.now() + minutes * 60_000;
  const known = new Set();
  const length = new DataView(current.buffer);
  const onInput = (input) => {
    length.setUint32(0, input.length);
    current.set(input.subarray(0, longestInput), 4);
  };
  const fuzzers = names.map((name) => {
    const inputs = readCorpus(name).map(({ input }) => input);
    return new Fuzzer(targetOf(name), seed, inputs);
  });
  while (performance.now() < until) {
    for (const [index, fuzzer] of fuzzers.entries()) {
      numbers[Shared.Target] = index;
      for (let left = Math.ceil(turn * (fuzzer.target.weight ?? 1)); left > 0; left -= 1) {
        const crash = await fuzzer.next(onInput);
        numbers[Shared.Executions] += 1;
        numbers[Shared.Targets + index] += 1;
        if (crash === undefined || known.has(kindOf(crash.error))) continue;
        known.add(kindOf(crash.error));
        numbers[Shared.Findings] += 1;
        await report(fuzzer.target, crash);
      }
      if (performance.now() > until) break;
    }
  }
}

async function report(target, { input, error }) {
  const small = await minimize(input, failsLike(target, kindOf(error)));
  const text = (error?.stack ?? String(error)).split('\n').slice(0, 6).join('\n  ');
  parentPort.postMessage(`FINDING in ${target.name}: ${text}\n  ${writeCrash(target.name, small)}`);
}

function failsLike(target, kind) {
  return async (input) => {
    try {
      await target.run(input);
      return false;
    } catch (error) {
      return kindOf(error) === kind;
    }
  };
}

async function minimizeFile(target, file) {
  const input = new Uint8Array(readFileSync(file));
  const error = await Promise.resolve(target.run(input)).catch((reason) => reason);
  if (!(error instanceof Error)) {
    console.log(`${file} breaks no promise of ${target.name}`);
    return;
  }
  const small = await minimize(input, failsLike(target, kindOf(error)));
  writeFileSync(`${file}.min`, small);
  console.log(`${error.message}\n${input.length} bytes became ${small.length}: ${file}.min`);
}
