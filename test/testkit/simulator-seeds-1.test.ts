// Half of the seeds that every test run simulates: two files, so that they run side by side.

import { describeSeeds } from './seed-range.ts';

describeSeeds(1, 1_000);
