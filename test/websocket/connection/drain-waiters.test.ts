// The promises of `drained`, also while a message is not ready yet.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { type Connection, WebSocket, WebSocketServer } from '../../../src/websocket/index.ts';
import { expectNoSurprises } from '../surprises.ts';

expectNoSurprises();

describe('drained', () => {
  for (const [what, send] of [
    ['a Blob is being read', (connection: Connection) => connection.send(new Blob(['x'.repeat(100_000)]))],
    ['a message is being compressed', (connection: Connection) => connection.send('x'.repeat(100_000))],
  ] as const) {
    it(`resolves while ${what}, and does not hold the event loop up`, async (t) => {
      let drained: Promise<void> | undefined;
      const server = new WebSocketServer({
        port: 0,
        open(connection) {
          send(connection);
          assert.ok(connection.bufferedAmount > 0);
          drained = connection.drained();
        },
      });
      t.after(() => server.close());
      await server.listening;
      const socket = new WebSocket(`ws://127.0.0.1:${server.address()?.port}/`);
      await once(socket, 'message');
      await drained;
      socket.close();
      await once(socket, 'close');
    });
  }

  it('rejects when the connection is lost while bytes wait', async (t) => {
    let drained: Promise<void> | undefined;
    const server = new WebSocketServer({
      port: 0,
      perMessageDeflate: false,
      open(connection) {
        connection.send(new Uint8Array(64 * 1024 * 1024));
        drained = connection.drained();
        drained.catch(() => undefined);
      },
    });
    t.after(() => server.close());
    await server.listening;
    const socket = new WebSocket(`ws://127.0.0.1:${server.address()?.port}/`);
    await once(socket, 'open');
    socket.terminate();
    await once(socket, 'close');
    assert.ok(drained !== undefined);
    await assert.rejects(drained, { code: 'CONNECTION_CLOSED' });
  });
});
