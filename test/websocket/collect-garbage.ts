// Runs the garbage collector, so that a test can see what is still held.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The collector of V8 is behind a flag; Bun has its own. */
function garbageCollector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(synchronous: boolean): void } };
  if (Bun !== undefined) return () => Bun.gc(true);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

const gc = garbageCollector();

/** Collects in several turns of the event loop, as finalizers run between them. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
