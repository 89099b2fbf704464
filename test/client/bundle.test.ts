// What a page loads that uses `tidewire/client`: below its ceiling, and without what it does not use.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../house/source-files.ts';

const bundle = async (...flags: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/bundle.mjs', ...flags], {
    cwd: root,
  });
  return stdout;
};

describe('the bundle for browsers', () => {
  it('with channels and resume is at most 12 KB, minified and compressed', async () => {
    assert.match(await bundle(), /tidewire\/client: \d+ bytes minified, \d+ compressed, at most 12288/);
  });

  it('holds no MessagePack, no presence, no calls, no IndexedDB and nothing of the server', async () => {
    const parts = await bundle('--metafile');
    assert.match(parts, /session\/machine\/client-machine\.js/);
    for (const unused of [
      /messagepack/,
      /presence/,
      /requests\/call/,
      /indexeddb/,
      /hub\.js/,
      /node_modules/,
    ]) {
      assert.doesNotMatch(parts, unused);
    }
    assert.equal(parts.includes(join('dist', 'src', 'websocket')), false);
  });
});
