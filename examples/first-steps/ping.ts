// Ping and Pong: a server that measures how far away each client is.

import { WebSocketServer } from 'tidewire/websocket';

const server = new WebSocketServer<{ pingedAt: number }>({
  port: Number(process.env.PORT ?? 8080),
  upgrade: () => ({ data: { pingedAt: 0 } }),
  open(connection) {
    connection.data.pingedAt = performance.now();
    connection.ping('how far?');
  },
  pong(connection, data) {
    const elapsedMs = performance.now() - connection.data.pingedAt;
    connection.send(`${data} ${elapsedMs.toFixed(1)} ms`);
  },
});

await server.listening;
console.log(`listening on port ${server.address()?.port}`);
