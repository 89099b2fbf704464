// The short part of `npm run runtimes`: the tests of the byte floors, on Node 24 and Bun where they can be installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../scripts/runtimes.mjs', import.meta.url));
/** How the script says that there are no runtimes to be had. */
const cannotInstall = 3;

it('the tests of the byte floors pass on Node 24 and Bun', async (t) => {
  const run = spawn(process.execPath, [script, '--smoke'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const told: Buffer[] = [];
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk: Buffer) => told.push(chunk));
  const [code] = await once(run, 'close');
  const text = Buffer.concat(told).toString();
  if (code === cannotInstall) return t.skip(text.trim());
  assert.equal(code, 0, text);
  for (const line of text.split('\n').filter((each) => /^\| (Node|Bun)/.test(each))) t.diagnostic(line);
});
