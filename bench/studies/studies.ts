// All studies, in the order of the report.
import { idleMemoryStudy } from './idle-memory-study.ts';
import { manyConnectionsStudy } from './many-connections-study.ts';
import type { Study } from './study.ts';
import { workersStudy } from './workers-study.ts';

export const studies: readonly Study[] = [workersStudy, manyConnectionsStudy, idleMemoryStudy];
