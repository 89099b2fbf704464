// A measured client: opens connections to the neutral server and keeps messages in flight on each, with one client
// implementation or another. The loop is the same for all; only the few lines of `dialects` differ.
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { messagesOf } from '../../dist/bench/workload.js';
import { declineTask, serveControl, task } from '../servers/control.mjs';

const { depth, message: shape } = task.workload;
const [text] = messagesOf(shape);
const bytes = Buffer.from(text);
const message = shape.content === 'binary' ? bytes : text;

/**
 * For each client, a function that opens one connection. It is given `receive`, to call with each message, and `fail`;
 * it resolves to a function that sends.
 */
const dialects = {
  async tidewire() {
    const { WebSocket } = await import('../../dist/src/websocket/index.js');
    return WebSocket === undefined ? declineTask('tidewire/websocket has no client yet') : whatwg(WebSocket);
  },
  async undici() {
    const { WebSocket } = await import('undici');
    return whatwg(WebSocket);
  },
  bun: async () => whatwg(globalThis.WebSocket),
  deno: async () => whatwg(globalThis.WebSocket),
  async ws() {
    const { WebSocket } = await import('ws');
    return (receive, fail) =>
      new Promise((resolve) => {
        const socket = new WebSocket(task.url, { perMessageDeflate: false });
        socket.on('open', () => resolve((data) => socket.send(data)));
        // A string for text, as the other clients give it.
        socket.on('message', (data, isBinary) => receive(isBinary ? data : data.toString()));
        socket.on('close', () => fail('the connection was closed'));
        socket.on('error', (error) => fail(error.message));
      });
  },
};

/** The dialect of any class shaped like the standard's. */
function whatwg(WebSocket) {
  return (receive, fail) =>
    new Promise((resolve) => {
      const socket = new WebSocket(task.url);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => resolve((data) => socket.send(data));
      socket.onmessage = (event) => receive(event.data);
      socket.onclose = () => fail('the connection was closed');
      socket.onerror = () => fail('the connection failed');
    });
}

/** Throws unless `data` is the message: by length, and `completely` by content too. */
function verify(data, completely) {
  if ((data.length ?? data.byteLength) !== message.length) throw new Error('a message has the wrong length');
  if (completely && !bytes.equals(Buffer.from(data))) throw new Error('a message is not what was sent');
}

const connect = await dialects[task.client]();
const connections = [];
let fail = (reason) => {
  throw new Error(reason);
};

async function open(count) {
  const openOne = async () => {
    const connection = { send: undefined, receive: undefined };
    connection.send = await connect(
      (data) => connection.receive(data),
      (reason) => fail(reason),
    );
    connections.push(connection);
  };
  await Promise.all(Array.from({ length: count }, openOne));
  return {};
}

function run(durationMs) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let running = connections.length;
    let messages = 0;
    fail = (reason) => reject(new Error(reason));
    for (const connection of connections) {
      let missing = 0;
      const sendBatch = () => {
        missing = depth;
        for (let count = 0; count < depth; count++) connection.send(message);
      };
      connection.receive = (data) => {
        verify(data, messages % 256 === 0);
        messages++;
        if (--missing > 0) return;
        const elapsedMs = performance.now() - start;
        if (elapsedMs < durationMs) sendBatch();
        else if (--running === 0) resolve({ messages, elapsedMs, wireBytes: bytes.length });
      };
      sendBatch();
    }
  });
}

const installed = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
const versions = {
  tidewire: () => 'this tree',
  bun: () => process.versions.bun,
  deno: () => process.versions.deno,
  undici: () => installed('undici'),
  ws: () => installed('ws'),
};

serveControl({ version: versions[task.client]() }, (request) =>
  request.type === 'open' ? open(request.count) : run(request.durationMs),
);
