// What keeps a socket alive, and what it lets go of (WHATWG WebSockets, section 7, "Garbage collection").

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from '../../../src/websocket/index.ts';
import { acceptingServer, type FakeServer } from '../client/fake-server.ts';
import { closeFrame, textFrame } from '../client/raw-frames.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { expectNoSurprises } from '../surprises.ts';
import { closed, nextTurn, opened } from './socket-log.ts';

expectNoSurprises();

/** A socket that is open, and that nobody but its listeners knows. */
async function forgottenSocket(
  t: TestContext,
  log: string[],
): Promise<{ server: FakeServer; reference: WeakRef<WebSocket> }> {
  const server = await acceptingServer(t);
  const socket = new WebSocket(`ws://${server.authority}/`);
  await opened(socket);
  socket.onmessage = ({ data }) => log.push(data);
  socket.onclose = ({ code }) => log.push(`close ${code}`);
  return { server, reference: new WeakRef(socket) };
}

describe('garbage collection', () => {
  it('leaves an open socket alone while it has listeners, and takes it when it is closed', async (t) => {
    const log: string[] = [];
    const { server, reference } = await forgottenSocket(t, log);
    await collectGarbage();
    assert.notEqual(reference.deref(), undefined);
    const [peer] = server.sockets;
    peer?.end(Buffer.concat([textFrame('still here'), closeFrame(1000)]));
    while (log.length < 2) await nextTurn();
    assert.deepEqual(log, ['still here', 'close 1000']);
    for (let round = 0; round < 20 && reference.deref() !== undefined; round += 1) await collectGarbage();
    assert.equal(reference.deref(), undefined);
  });
});

describe('what a socket holds', () => {
  it('is not the chunk in which a message came, but the message', async (t) => {
    const server = await acceptingServer(t);
    const socket = new WebSocket(`ws://${server.authority}/`, { perMessageDeflate: false });
    socket.binaryType = 'arraybuffer';
    await opened(socket);
    const kept: ArrayBuffer[] = [];
    socket.onmessage = ({ data }) => kept.push(data);
    const [peer] = server.sockets;
    const small = Buffer.of(0x82, 1, 7);
    peer?.write(Buffer.concat([small, textFrame('x'.repeat(10_000)), small]));
    while (kept.length < 3) await nextTurn();
    assert.deepEqual(
      kept.filter((data) => data instanceof ArrayBuffer).map((data) => data.byteLength),
      [1, 1],
    );
    socket.terminate();
    await closed(socket);
  });
});
