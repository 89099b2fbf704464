import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { WebSocket } from '../../../src/websocket/index.ts';
import { Tidewire } from '../tidewire.ts';

async function startEcho(...args: string[]) {
  const command = new Tidewire(['echo', '--port', '0', '--json', '--workers', '2', ...args]);
  const { url, workers } = (await command.json()) as { url: string; workers: number[] };
  return { command, url, workers };
}

function connect(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error(`no connection to ${url}`));
  });
}

/** Resolves to the close code. */
const closed = async (socket: WebSocket) => (await once(socket, 'close'))[0].code as number;

async function echoes(socket: WebSocket): Promise<boolean> {
  const answer = once(socket, 'message');
  socket.send('hello');
  return (await answer)[0].data === 'hello';
}

describe('a server with workers', () => {
  it('shares one port among them, and says goodbye to all connections at the end', async () => {
    const { command, url, workers } = await startEcho();
    assert.equal(new Set(workers).size, 2);
    const sockets = await Promise.all([connect(url), connect(url), connect(url), connect(url)]);
    assert.deepEqual(await Promise.all(sockets.map(echoes)), [true, true, true, true]);
    const ends = sockets.map(closed);
    assert.equal(await command.stop('SIGTERM'), 0);
    assert.deepEqual(await Promise.all(ends), [1001, 1001, 1001, 1001]);
  });

  it('replaces a worker that was killed; the connections of the others go on', async () => {
    const { command, url, workers } = await startEcho();
    const sockets = [await connect(url), await connect(url)];
    const lost = Promise.race(sockets.map(async (socket) => ({ code: await closed(socket), socket })));
    process.kill(workers[0]!, 'SIGKILL');
    const { code, socket } = await lost;
    assert.equal(code, 1006);
    const { event, pid, how } = await command.json();
    assert.deepEqual({ event, pid, how }, { event: 'worker ended', pid: workers[0], how: 'SIGKILL' });
    const started = await command.json();
    assert.equal(started.event, 'worker started');
    assert.ok(!workers.includes(Number(started.pid)));
    const other = sockets.find((each) => each !== socket)!;
    assert.ok(await echoes(other));
    assert.ok(await echoes(await connect(url)));
    assert.ok(await echoes(await connect(url)));
    assert.equal(await command.stop('SIGINT'), 0);
  });

  it('listens on the same port again when all were killed', async () => {
    const { command, url, workers } = await startEcho();
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    const events = [];
    while (events.filter((event) => event === 'worker started').length < 2) {
      events.push((await command.json()).event);
    }
    assert.ok(await echoes(await connect(url)));
    assert.equal(await command.stop(), 0);
  });

  it('a worker that gets SIGTERM says goodbye, and is replaced', async () => {
    const { command, url, workers } = await startEcho();
    const sockets = [await connect(url), await connect(url)];
    const first = Promise.race(sockets.map(closed));
    process.kill(workers[1]!, 'SIGTERM');
    assert.equal(await first, 1001);
    assert.equal((await command.json()).how, 'status 0');
    assert.equal((await command.json()).event, 'worker started');
    assert.equal(await command.stop(), 0);
  });

  it('a port that is taken ends it with status 1 and advice, given once', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await new Tidewire(['echo', '--workers', '3', '--port', String(port)]).end();
    taken.close();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^tidewire: port ${port} on 127.0.0.1 is in use: .*--port.*\\n$`));
  });

  it('a value that cannot work ends it with status 2, as without workers', async () => {
    const args = ['echo', '--workers', '2', '--port', '0', '--allow-origin', 'chat.example'];
    const { code, stderr } = await new Tidewire(args).end();
    assert.equal(code, 2);
    assert.match(stderr, /^tidewire: .*chat\.example.*is not an origin.*\n$/);
  });

  for (const [what, args, advice] of [
    ['a broadcast', ['echo', '--workers', '2', '--broadcast'], /not both/],
    ['no process at all', ['echo', '--workers', '0'], /whole number from 1 to 256/],
  ] as const) {
    it(`refuses ${what} with status 2`, async () => {
      const { code, stderr } = await new Tidewire(args).end();
      assert.equal(code, 2);
      assert.match(stderr, advice);
    });
  }

  it('--workers auto is one for each core', async () => {
    const command = new Tidewire(['echo', '--port', '0', '--json', '--workers', 'auto']);
    assert.equal((await command.json()).event, 'listening');
    assert.equal(await command.stop(), 0);
  });
});
