// An echo server on Bun's own WebSocket, compression on. Prints its port.
/* global Bun */
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, self) {
    if (self.upgrade(request)) return undefined;
    return new Response('an echo server for WebSocket', { status: 400 });
  },
  websocket: {
    perMessageDeflate: true,
    maxPayloadLength: 64 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    message(socket, message) {
      if (message === 'please close') socket.close(3002, 'as asked');
      else socket.send(message, true);
    },
  },
});
console.log(server.port);
