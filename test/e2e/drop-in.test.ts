// Programs written for the package `ws` on the door `tidewire/ws`, unmodified: installed from npm where that can be reached.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../test/interop/drop-in/', import.meta.url));

async function run(program: string, args: readonly string[]): Promise<{ code: number; text: string }> {
  // Node's runner must not take itself for a part of this run.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const told: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => told.push(chunk));
  const [code] = await once(child, 'close');
  return { code, text: Buffer.concat(told).toString() };
}

it('Socket.IO, graphql-ws, y-websocket and @fastify/websocket run on the door for programs of ws', async (t) => {
  if (!existsSync(join(folder, 'node_modules/socket.io'))) {
    const { code, text } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
    if (code !== 0) return t.skip(`npm ci fails: ${text.split('\n').find((line) => line.includes('error'))}`);
  }
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.mjs'));
  const { code, text } = await run(process.execPath, ['--test', '--test-reporter=spec', ...files]);
  assert.equal(code, 0, text);
  for (const [, name] of text.matchAll(/^✔ (.+?) \(/gm)) t.diagnostic(`passed: ${name}`);
});
