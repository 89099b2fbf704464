// Broadcast chat: passes every message on to everyone else, under a name from the address: ws://…/?name=Ada

import { reject, WebSocketServer } from 'tidewire/websocket';

const server = new WebSocketServer<{ name: string }>({
  port: Number(process.env.PORT ?? 8080),
  upgrade({ query }) {
    const name = query.get('name');
    return name === null ? reject(400, 'add ?name=…') : { data: { name } };
  },
  open(connection) {
    server.broadcast(`${connection.data.name} joined`, { except: connection });
  },
  message(connection, data) {
    server.broadcast(`${connection.data.name}: ${data}`, { except: connection });
  },
  close(connection) {
    server.broadcast(`${connection.data.name} left`);
  },
});

await server.listening;
console.log(`listening on port ${server.address()?.port}`);
