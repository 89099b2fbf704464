// Echo: sends every message back to whoever sent it.

import { WebSocketServer } from 'tidewire/websocket';

const server = new WebSocketServer({
  port: Number(process.env.PORT ?? 8080),
  message(connection, data) {
    connection.send(data);
  },
});

await server.listening;
console.log(`listening on port ${server.address()?.port}`);
