// The peer: ws on Node, with bufferutil where it is installed.
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';
import { broadcastsAs, tick } from './broadcasts.mjs';
import { serveControl, task } from './control.mjs';

// Buffers are the cheapest thing ws can be given.
const messages = broadcastsAs((text) => Buffer.from(text));

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 4096,
  perMessageDeflate: task.deflate,
});

server.on('connection', (socket) => {
  if (task.type === 'fanout') {
    socket.on('message', () =>
      tick(messages, (message) => {
        for (const receiver of server.clients) receiver.send(message, { binary: false });
      }),
    );
  } else {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  }
});

server.on('listening', () => {
  const { version } = createRequire(import.meta.url)('ws/package.json');
  serveControl({ port: server.address().port, version });
});
