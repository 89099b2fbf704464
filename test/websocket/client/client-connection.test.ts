import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { WebSocket } from '../../../src/websocket/index.ts';
import { closed } from '../whatwg/socket-log.ts';
import { acceptingServer } from './fake-server.ts';

describe('a connection that is given up in the moment in which it opens', () => {
  it('is cut, and never was open', async (t) => {
    const server = await acceptingServer(t);
    const stream = connect(server.port, '127.0.0.1');
    const gone = once(stream, 'close');
    // The answer was just read: whoever waits for it goes on behind this.
    stream.pause = () => {
      queueMicrotask(() => socket.close());
      return Object.getPrototypeOf(stream).pause.call(stream);
    };
    const socket = new WebSocket(`ws://${server.authority}/`, { createConnection: () => stream });
    socket.onopen = () => assert.fail('open');
    const { code } = await closed(socket);
    assert.equal(code, 1006);
    await gone;
  });
});
