// The peer: Bun's native WebSocket server (C++), with its own publish for fan-out.
import { broadcastsAs, tick } from './broadcasts.mjs';
import { serveControl, task } from './control.mjs';

const { Bun } = globalThis;
const messages = broadcastsAs((text) => text);

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response('upgrade expected', { status: 426 });
  },
  websocket: {
    perMessageDeflate: task.deflate,
    maxPayloadLength: 64 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    open(socket) {
      if (task.type === 'fanout') socket.subscribe('all');
    },
    message(socket, data) {
      if (task.type === 'fanout') tick(messages, (message) => server.publish('all', message, task.deflate));
      else socket.send(data, task.deflate);
    },
  },
});

serveControl({ port: server.port, version: Bun.version });
