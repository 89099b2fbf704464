// Run in a process that may have few open files: fills them with connections, and tells how the server answered.

import { WebSocketServer } from '../../../src/websocket/index.ts';
import { RawClient, upgradeRequest } from '../raw-client.ts';

const errors: string[] = [];
const server = new WebSocketServer({
  port: 0,
  error: (error) => errors.push('code' in error ? String(error.code) : error.message),
});
await server.listening;
const port = server.address()?.port ?? 0;

async function ask(): Promise<{ client: RawClient; status: string }> {
  const client = await RawClient.connect(port);
  client.socket.write(upgradeRequest());
  const head = await client.head();
  return { client, status: head.slice(9, 12) };
}

// Each connection takes two descriptors of the same process; it may have 128.
const opened: RawClient[] = [];
const others = new Set<string>();
for (let index = 0; index < 45; index += 1) {
  const { client, status } = await ask();
  if (status === '101') {
    opened.push(client);
  } else {
    others.add(status);
    client.socket.destroy();
    await client.gone();
  }
}
for (const client of opened) client.socket.destroy();
while (server.connections.size > 0) await new Promise(setImmediate);
const { client, status } = await ask();
client.socket.destroy();
console.log(
  JSON.stringify({
    accepted: opened.length > 10,
    others: [...others],
    counted: server.counters.maxDescriptors > 0,
    errors,
    afterwards: status,
  }),
);
await server.close({ timeoutMs: 0 });
