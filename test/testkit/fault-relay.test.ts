import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { FaultRelay, type RelayLink } from '../../src/testkit/index.ts';

interface Relayed {
  readonly relay: FaultRelay;
  readonly client: Socket;
  readonly server: Socket;
  readonly link: RelayLink;
}

async function relayed(test: TestContext): Promise<Relayed> {
  const sockets: Socket[] = [];
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  listener.on('connection', (socket) => {
    sockets.push(socket);
    if (sockets.length > 2) socket.resume().on('end', () => socket.end());
  });
  await once(listener, 'listening');
  const relay = await FaultRelay.open({ port: (listener.address() as { port: number }).port });
  test.after(async () => {
    await relay.close();
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const client = dial({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(client);
  const [server] = (await once(listener, 'connection')) as [Socket];
  server.on('error', () => {}); // Resets are what these tests are about.
  client.on('error', () => {});
  const [link] = relay.links;
  return { relay, client, server, link: link! };
}

function closeOf(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.once('close', resolve));
}

async function read(socket: Socket, bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) text += String((await once(socket, 'data'))[0]);
  return text;
}

describe('a fault relay', () => {
  it('passes bytes both ways, and the end of each way', async (test) => {
    const { client, server, relay } = await relayed(test);
    client.write('ping');
    assert.equal(await read(server, 4), 'ping');
    server.write('pong');
    assert.equal(await read(client, 4), 'pong');
    client.end();
    server.resume();
    await once(server, 'end');
    server.end('last');
    assert.equal(await read(client, 4), 'last');
    await once(client, 'close');
    while (relay.links.size > 0) await new Promise(setImmediate);
  });

  it('resets both ends', async (test) => {
    const { client, server, link } = await relayed(test);
    const closed = Promise.all([closeOf(client), closeOf(server)]);
    link.reset();
    assert.deepEqual(await closed, [true, true], 'both closed with an error');
  });

  it('ends both ways in order', async (test) => {
    const { client, server, link } = await relayed(test);
    client.resume();
    server.resume();
    const ended = Promise.all([once(client, 'end'), once(server, 'end')]);
    link.end();
    await ended;
  });

  it('goes silent: nothing passes, and nobody notices', async (test) => {
    const { client, server, link, relay } = await relayed(test);
    server.on('data', () => assert.fail('nothing passes'));
    server.on('close', () => assert.fail('nobody is told'));
    link.silence();
    client.end('lost');
    await once(client, 'finish');
    // A later connection has gone all its way: what was to pass has passed.
    const later = dial({ port: relay.port, host: '127.0.0.1' });
    later.end('passes');
    await once(later, 'close');
    server.removeAllListeners('close');
  });

  it('stalls one way until the sender meets a full window, loses nothing, and goes on', async (test) => {
    const { client, server, link } = await relayed(test);
    link.stall('to client');
    const block = Buffer.alloc(1 << 20, 'x');
    let sent = 0;
    while (server.writableLength < block.length * 4) {
      server.write(block);
      sent += block.length;
    }
    client.write('free');
    assert.equal(await read(server, 4), 'free', 'the other way is not stalled');
    assert.ok(server.writableLength > 0);
    link.flow('to client');
    let received = 0;
    while (received < sent) received += (await once(client, 'data'))[0].length;
    assert.equal(received, sent);
  });

  it('splits chunks, and passes every byte', async (test) => {
    const { client, server, link } = await relayed(test);
    link.maxChunkBytes = 3;
    client.write('0123456789');
    assert.equal(await read(server, 10), '0123456789');
  });

  it('is down: whoever connects is reset', async (test) => {
    const { relay } = await relayed(test);
    relay.isDown = true;
    const late = dial({ port: relay.port, host: '127.0.0.1' });
    late.on('error', () => {});
    assert.equal(await closeOf(late), true, 'closed with an error');
  });
});
