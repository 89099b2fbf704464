// The port for what outlives a page or a process: the session, and the positions up to which everything was handled.

import type { ResumeState } from '../session/index.ts';

/**
 * What is saved holds a secret that continues the session, good for one use. So it must be found by one later life only,
 * and `take` takes it away: of two that use it, one is thrown out.
 */
export interface ResumeStore {
  /** What was saved last, or `undefined`. It must not be found a second time. */
  take(): ResumeState | undefined;
  /** Called when the page is about to go, and by `suspend`. */
  save(state: ResumeState): void;
}
