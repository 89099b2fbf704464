// An echo server on Deno's own WebSocket. Prints its port.
/* global Deno */
const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen: () => {} }, (request) => {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    return new Response('an echo server for WebSocket', { status: 400 });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    if (data === 'please close') socket.close(3002, 'as asked');
    else if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  socket.onerror = () => {}; // The close that follows is all an echo server needs to know.
  return response;
});
console.log(server.addr.port);
