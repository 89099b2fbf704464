// Reconnect: a client that comes back after a random wait, which may be twice as long each time.

import { WebSocket } from 'tidewire/websocket';

const url = process.argv[2] ?? 'ws://127.0.0.1:8080';
let attempt = 0;

function connect(): void {
  const socket = new WebSocket(url);
  socket.onopen = () => {
    attempt = 0;
    console.log('connected');
  };
  socket.onmessage = ({ data }) => console.log(`received ${data}`);
  socket.onclose = ({ code }) => {
    const waitMs = Math.random() * Math.min(30_000, 500 * 2 ** attempt++);
    console.log(`closed with ${code}, next attempt in ${Math.round(waitMs)} ms`);
    setTimeout(connect, waitMs);
  };
}

connect();
