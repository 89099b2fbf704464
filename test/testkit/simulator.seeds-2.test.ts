import { describeSeeds } from './seed-range.ts';

describeSeeds(1_001, 2_000);
