import { describeSeeds } from './seed-range.ts';

describeSeeds(1, 1_000);
