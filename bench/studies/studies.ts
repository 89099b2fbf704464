// All studies, in the order of the report.
import { durabilityStudy } from './durability-study.ts';
import { handlersStudy } from './handlers-study.ts';
import { idleMemoryStudy } from './idle-memory-study.ts';
import { manyConnectionsStudy } from './many-connections-study.ts';
import { sessionStudy } from './session-study.ts';
import type { Study } from './study.ts';
import { workersStudy } from './workers-study.ts';

export const studies: readonly Study[] = [
  sessionStudy,
  handlersStudy,
  durabilityStudy,
  workersStudy,
  manyConnectionsStudy,
  idleMemoryStudy,
];
