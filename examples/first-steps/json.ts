// JSON: a server that adds numbers, and answers what it does not understand with an error.

import { WebSocketServer } from 'tidewire/websocket';

function add(text: string): object {
  const { numbers } = JSON.parse(text);
  if (!Array.isArray(numbers) || !numbers.every(Number.isFinite)) throw new Error('numbers must be an array');
  return { sum: numbers.reduce((sum, number) => sum + number, 0) };
}

const server = new WebSocketServer({
  port: Number(process.env.PORT ?? 8080),
  message(connection, data) {
    try {
      connection.send(JSON.stringify(add(String(data))));
    } catch (error) {
      connection.send(JSON.stringify({ error: (error as Error).message }));
    }
  },
});

await server.listening;
console.log(`listening on port ${server.address()?.port}`);
