// The peer: socket.io, with one of its rooms as the channel, over WebSockets from the start.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Server } from 'socket.io';
import { serveControl } from './control.mjs';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

// Its manual advises this, to save memory.
io.engine.on('connection', (raw) => {
  raw.request = null;
});
io.use((socket, next) =>
  next(socket.handshake.auth.token === 'token-of-a-user' ? undefined : new Error('who are you?')),
);
io.on('connection', (socket) => {
  socket.on('subscribe', (done) => {
    socket.join('all');
    done();
  });
  socket.on('publish', (payload) => io.to('all').emit('message', payload));
});

http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const { version } = createRequire(import.meta.url)('socket.io/package.json');
  serveControl({ port: http.address().port, version });
});
