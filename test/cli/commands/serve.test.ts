import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Tidewire } from '../tidewire.ts';

describe('tidewire serve', () => {
  it('serves the chat where it says, and ends cleanly on SIGTERM', async () => {
    const serve = new Tidewire(['serve', '--port', '0', '--json', '--memory']);
    const { event, url } = await serve.json();
    assert.equal(event, 'listening');
    const response = await fetch(String(url));
    assert.equal(response.status, 200);
    assert.match(await response.text(), /<title>Tidewire chat<\/title>/);
    assert.equal(await serve.stop('SIGTERM'), 0);
  });

  it('takes the port and the host from the environment', async () => {
    const free = createServer();
    await once(free.listen(0, '127.0.0.1'), 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    const serve = new Tidewire(['serve', '--memory'], { env: { PORT: String(port), HOST: 'localhost' } });
    assert.equal(await serve.line(), `The chat is at http://localhost:${port}/ (Ctrl+C ends it)`);
    assert.equal(await serve.stop('SIGINT'), 0);
  });

  it('keeps the messages in the folder that it is given, for itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidewire-serve-'));
    const data = join(folder, 'data');
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const serve = new Tidewire(['serve', '--port', '0', '--data', data, '--json']);
      assert.equal((await serve.json()).event, 'listening');
      assert.ok(existsSync(join(data, 'chat.db')));
      const second = await new Tidewire(['serve', '--port', '0', '--data', data]).end();
      assert.equal(second.code, 1);
      assert.match(second.stderr, /^tidewire: the store is in use by another process .*--data/);
      assert.equal(await serve.stop(signal), 0);
    }
    rmSync(folder, { recursive: true });
  });

  it('a folder that cannot be one ends it with status 1 and advice', async () => {
    const { code, stderr } = await new Tidewire(['serve', '--port', '0', '--data', '/dev/null']).end();
    assert.equal(code, 1);
    assert.match(stderr, /^tidewire: .*\/dev\/null.*--memory/);
  });

  it('a port that is taken ends it with status 1 and advice', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await new Tidewire(['serve', '--memory', '--port', String(port)]).end();
    taken.close();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^tidewire: port ${port} on 127.0.0.1 is in use: .*--port`));
  });

  it('an address of another machine ends it with status 1 and advice', async () => {
    const { code, stderr } = await new Tidewire([
      'serve',
      '--memory',
      '--port',
      '0',
      '--host',
      '192.0.2.1',
    ]).end();
    assert.equal(code, 1);
    assert.match(stderr, /192\.0\.2\.1 is no address of this machine: .*--host/);
  });
});
