// Counts what no test may leave behind: uncaught exceptions and unhandled rejections.

import assert from 'node:assert/strict';
import { after } from 'node:test';

/** Call it once in a test file: its tests fail together if anything was thrown that nobody caught. */
export function expectNoSurprises(): void {
  const surprises: unknown[] = [];
  const note = (error: unknown): void => {
    surprises.push(error);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  after(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('uncaughtException', note);
    process.removeListener('unhandledRejection', note);
    assert.deepEqual(surprises, []);
  });
}
