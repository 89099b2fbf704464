// A WHATWG client that sends a plan of messages to an echo server: interop-whatwg.mjs PACKAGE URL.
// PACKAGE is `global` for the runtime's own WebSocket, or `tidewire`. Prints a line of JSON for each thing it checked.
const [from, url] = globalThis.Deno?.args ?? process.argv.slice(2);
const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20, 16 << 20];
const alphabet = 'The quick brown fox jumps over the lazy dog; 0123456789. ';
const textOf = (size) => alphabet.repeat(Math.ceil(size / alphabet.length)).slice(0, size);

const open = await opener();
const socket = open(url);
socket.binaryType = 'arraybuffer';
const inbox = [];
let wake;
const put = (item) => {
  inbox.push(item);
  wake?.();
};
socket.onmessage = ({ data }) => put({ data });
socket.onerror = () => {}; // A close event follows.
socket.onclose = ({ code, reason, wasClean }) => put({ code, reason, wasClean });
await new Promise((resolve, reject) => {
  socket.onopen = resolve;
  wake = () => reject(new Error(`the connection was not opened: ${JSON.stringify(inbox)}`));
});

const compressed = socket.extensions.includes('permessage-deflate');
for (const size of sizes) {
  const text = textOf(size);
  socket.send(text);
  report(`text ${size}`, (await take()).data === text);
  socket.send(new TextEncoder().encode(text));
  const { data } = await take();
  report(`binary ${size}`, data instanceof ArrayBuffer && new TextDecoder().decode(data) === text);
}
socket.close(3001, 'done here');
// A server may answer with a code of its own (5.5.1 only says that it typically echoes): aiohttp says 1000.
report('close', (await take()).wasClean);

async function take() {
  while (inbox.length === 0) {
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
  return inbox.shift();
}

function report(label, ok) {
  console.log(JSON.stringify({ label, compressed, ok }));
}

async function opener() {
  const limit = { limits: { maxMessageBytes: 64 * 1024 * 1024 }, rejectUnauthorized: false };
  if (from === 'tidewire') {
    const { WebSocket } = await import('../../../dist/src/websocket/index.js');
    return (address) => new WebSocket(address, [], limit);
  }
  if (from === 'ws') {
    const { WebSocket } = await import('ws');
    return (address) => new WebSocket(address, { rejectUnauthorized: false });
  }
  const { WebSocket } = from === 'global' ? globalThis : await import(from);
  return (address) => new WebSocket(address);
}
