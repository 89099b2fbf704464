// fast-check with one seed for every run, so that a green commit stays green; `SEED=random` looks for new failures.

import fc from 'fast-check';

const { SEED = '20261121' } = process.env;

if (SEED !== 'random') fc.configureGlobal({ seed: Number(SEED) });

export { fc };
