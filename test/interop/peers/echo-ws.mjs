// An echo server on the package `ws`, compression on. Prints its port.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
server.on('listening', () => console.log(server.address().port));
server.on('connection', (socket) => {
  socket.on('error', () => {}); // The close that follows is all an echo server needs to know.
  socket.on('message', (data, isBinary) => {
    if (!isBinary && data.length === 12 && String(data) === 'please close') socket.close(3002, 'as asked');
    else socket.send(data, { binary: isBinary });
  });
});
