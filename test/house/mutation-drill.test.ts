// Each check that the mutation drills switch off still stands where they look for it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { root } from './source-files.ts';

describe('the mutation drills', () => {
  for (const list of ['protocol', 'defences']) {
    it(`find every check of their list: ${list}`, () => {
      const script = join(root, 'scripts/mutation-drill.mjs');
      const { status, stderr } = spawnSync(process.execPath, [script, list, '--check'], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  }
});
