// Crashes for a few seconds: what was acknowledged is there, and nothing is served that was not published.
// `npm run crash` does the same for as long as one likes, and on disks that are really full or read-only.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeededRandom } from '../../../src/testkit/index.ts';
import { damageOnce, damages, killAgainAndAgain, runOutOfRoom } from './crash-scenarios.ts';

describe('a store on disk', () => {
  it('keeps everything acknowledged when its process is killed', async () => {
    assert.ok((await killAgainAndAgain(new SeededRandom(1), 3)) > 0);
  });

  for (const [index, damage] of damages.entries()) {
    it(`serves nothing false, and denies nothing, after: ${damage}`, async () => {
      await damageOnce(new SeededRandom(10 + index), damage);
    });
  }

  it('acknowledges nothing that has no room, and can be read', {
    skip: process.platform === 'win32' ? 'no ulimit' : false,
  }, async () => {
    assert.ok((await runOutOfRoom(new SeededRandom(20))) > 0);
  });
});
