// The floor: a bare node:net server that answers the upgrade and then sends every chunk straight back, unread.
// No WebSocket server on Node's streams can be cheaper than this, so it shows what a figure is made of.
import { createServer } from 'node:net';
import process from 'node:process';
import { declineTask, serveControl, task } from './control.mjs';
import { acceptUpgrade } from './upgrade.mjs';

if (task.deflate) declineTask('a bare socket does not negotiate permessage-deflate');
if (task.type === 'fanout') declineTask('a bare socket has no messages to fan out');

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (head) => {
    socket.write(acceptUpgrade(head));
    socket.on('data', (chunk) => socket.write(chunk));
  });
});

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  serveControl({ port: server.address().port, version: process.version });
});
