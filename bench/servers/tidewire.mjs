// What is measured: our own server, with every limit at its default unless a line here says why not.
import { broadcastsAs, tick } from './broadcasts.mjs';
import { declineTask, serveControl, task } from './control.mjs';

const { WebSocketServer } = await import('../../dist/src/websocket/index.js');
if (WebSocketServer === undefined) declineTask('tidewire/websocket has no server yet');

const messages = broadcastsAs((text) => text);

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 4096,
  // All of the load comes from this one machine.
  limits: { maxConnectionsPerAddress: 16_000 },
  // By default, messages under 1 KiB are sent as they are; here 100 B are compressed too, as by the peers.
  perMessageDeflate: { thresholdBytes: 0 },
  message(connection, data) {
    if (task.type === 'fanout') tick(messages, (message) => server.broadcast(message));
    else connection.send(data);
  },
});

await server.listening;
serveControl({ port: server.address().port, version: 'this tree' });
