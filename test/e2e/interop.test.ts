// The part of `npm run interop` that needs nothing installed but what npm brings: peers that are there, both ways.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../scripts/interop.mjs', import.meta.url));

it('messages pass between Tidewire and the peers that are installed, both ways', async (t) => {
  const run = spawn(process.execPath, [script, '--installed'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [code] = await once(run, 'close');
  for (const line of told.split('\n').filter((each) => /→|left out/.test(each))) t.diagnostic(line);
  assert.equal(code, 0, told);
  // Our client and our server are always there.
  assert.match(told, /^Tidewire .* → Tidewire .* failed: none$/m);
});
