// An echo server on Tidewire itself, with --http2 for WebSocket over HTTP/2. Prints its port. As all echo servers here, it
// closes with 3002 when it is asked to: `please close`.
import { WebSocketServer } from '../../../dist/src/websocket/index.js';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  http2: process.argv.includes('--http2'),
  allowedOrigins: '*',
  limits: {
    maxMessageBytes: 64 * 1024 * 1024,
    maxQueuedBytes: 64 * 1024 * 1024,
    maxFailedHandshakesPerMinute: 100_000,
  },
  message: (connection, data) => {
    if (data === 'please close') connection.close(3002, 'as asked');
    else connection.send(data);
  },
});
await server.listening;
console.log(server.address().port);
