// Binary: a client that sends an ArrayBuffer of numbers, and reads the ArrayBuffer that comes back.

import { WebSocket } from 'tidewire/websocket';

const socket = new WebSocket(process.argv[2] ?? 'ws://127.0.0.1:8080');
socket.binaryType = 'arraybuffer';

socket.onopen = () => {
  socket.send(new Float64Array([1.5, 2.5, 3.5]).buffer);
};

socket.onmessage = ({ data }) => {
  console.log(`received ${new Float64Array(data).join(', ')}`);
  socket.close();
};
