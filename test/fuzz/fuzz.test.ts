// Every input of the corpus again, and a few thousand new ones from a fixed seed: what `npm run fuzz` does for longer.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCorpus } from './corpus-files.ts';
import { Fuzzer } from './fuzzer.ts';
import { differentialTargets } from './targets/differential.ts';
import { targets } from './targets/index.ts';

/** Executions of a target of weight 1. */
const executions = 6_000;

// Where `ws` is installed, see differential.ts, it is compared with as well.
for (const target of [...targets, ...(await differentialTargets())]) {
  describe(`fuzzing ${target.name}: ${target.promise}`, () => {
    const corpus = readCorpus(target.name);

    for (const { name, input } of corpus) {
      it(`holds for ${name}`, async () => {
        await target.run(input);
      });
    }

    it('holds for inputs of a fixed seed', async () => {
      const fuzzer = new Fuzzer(
        target,
        1,
        corpus.map(({ input }) => input),
      );
      for (let count = Math.ceil(executions * (target.weight ?? 1)); count > 0; count -= 1) {
        const crash = await fuzzer.next();
        if (crash === undefined) continue;
        const input = Buffer.from(crash.input).toString('base64');
        assert.fail(`${String(crash.error)}\ninput, in base64: ${input}`);
      }
    });
  });
}
