// The peer: Deno's native WebSocket server (Rust). It has no permessage-deflate and no publish.
import { broadcastsAs, tick } from './broadcasts.mjs';
import { declineTask, serveControl, task } from './control.mjs';

if (task.deflate) declineTask('Deno does not negotiate permessage-deflate');

const { Deno } = globalThis;
const messages = broadcastsAs((text) => text);
const receivers = new Set();

const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  socket.binaryType = 'arraybuffer';
  if (task.type === 'fanout') {
    socket.onopen = () => receivers.add(socket);
    socket.onclose = () => receivers.delete(socket);
    socket.onmessage = () =>
      tick(messages, (message) => {
        for (const receiver of receivers) receiver.send(message);
      });
  } else {
    socket.onmessage = (event) => socket.send(event.data);
  }
  return response;
});

serveControl({ port: server.addr.port, version: Deno.version.deno });
