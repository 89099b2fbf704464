import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect } from 'tidewire/client';
import { WebSocket } from 'tidewire/websocket';
import { chatContract, writeCredential } from '../../../examples/chat/chat-contract.ts';
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

  it('with workers everybody hears everybody, and the channels that others added', async (test) => {
    const serve = new Tidewire(['serve', '--port', '0', '--json', '--memory', '--workers', '2']);
    const { url, workers } = (await serve.json()) as { url: string; workers: number[] };
    assert.equal(workers.length, 2);
    // Dealt out in turn: two for each worker.
    const clients = ['ada', 'ben', 'cas', 'dot'].map((name) =>
      connect(new URL('/realtime', url.replace('http:', 'ws:')).href, {
        contracts: chatContract,
        token: writeCredential({ key: name.charAt(0).repeat(16), name }),
        WebSocket,
      }),
    );
    test.after(() => {
      for (const client of clients) client.close();
    });
    /** Resolves, when all listen, to what each of them hears first. */
    const listen = (channel: `messages:${string}`) =>
      Promise.all(
        clients.map(
          (client) =>
            new Promise<{ heard: Promise<unknown> }>((resolve) => {
              const heard = new Promise((hear) => {
                client.channel(channel).subscribe(({ data }) => hear(data), {
                  onLive: () => resolve({ heard }),
                });
              });
            }),
        ),
      );
    const said = { type: 'said', id: 'i'.repeat(16), name: 'ada', text: 'hello' } as const;
    const [ada] = clients as [(typeof clients)[number]];
    for (const name of ['general', 'new']) {
      if (name === 'new') await ada.channel('channels').publish({ name });
      const listeners = await listen(`messages:${name}`);
      await ada.channel(`messages:${name}`).publish(said);
      for (const { heard } of listeners) assert.deepEqual(await heard, said);
    }
    for (const client of clients) client.close();
    assert.equal(await serve.stop('SIGTERM'), 0);
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
