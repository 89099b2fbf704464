// Clients of a channel server as an application has them, many in one process: each has a handler, and one publishes.
import { createRequire } from 'node:module';
import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { declineTask, serveControl, task } from '../servers/control.mjs';

const token = 'token-of-a-user';
const text = 'the tide comes in and goes out again '.repeat(3).slice(0, 80);

/** For each SDK, a function that opens one client: it resolves to one that publishes, when the handler is in place. */
const dialects = {
  async tidewire() {
    const { connect } = await import('../../dist/src/client/index.js');
    const { WebSocket } = await import('../../dist/src/websocket/index.js');
    return (handler) =>
      new Promise((resolve) => {
        const client = connect(`ws://127.0.0.1:${task.port}/`, { token, WebSocket });
        const channel = client.channel('bench:all');
        channel.subscribe(({ data }) => handler(data), {
          onLive: () => resolve((payload) => channel.publish(payload)),
        });
      });
  },
  async socketio() {
    const { io } = await import('socket.io-client');
    return (handler) =>
      new Promise((resolve) => {
        const socket = io(`http://127.0.0.1:${task.port}`, {
          transports: ['websocket'],
          forceNew: true,
          auth: { token },
        });
        socket.on('message', handler);
        socket.emit('subscribe', () => resolve((payload) => socket.emit('publish', payload)));
      });
  },
};

if (dialects[task.client] === undefined) declineTask(`no client is called ${task.client}`);
const openOne = await dialects[task.client]();
const clients = [];
let published = 0;

async function open(count) {
  for (let index = 0; index < count; index++) {
    const client = { last: 0, onMessage() {} };
    client.publish = await openOne(({ n, text: received }) => {
      if (received !== text) throw new Error('a handler got another payload than was published');
      if (client.last !== 0 && n !== client.last + 1) throw new Error(`${n} came after ${client.last}`);
      client.last = n;
      client.onMessage();
    });
    clients.push(client);
  }
  return {};
}

function publish() {
  return clients[0].publish({ n: ++published, text });
}

/** Publishes `task.perTick` at a time, the next when all handlers have got all of them. */
function run(durationMs) {
  return new Promise((resolve) => {
    const start = performance.now();
    const perRound = task.perTick * clients.length;
    let missing = perRound;
    let messages = 0;
    const next = () => {
      for (let count = 0; count < task.perTick; count++) publish();
    };
    for (const client of clients) {
      client.onMessage = () => {
        if (--missing > 0) return;
        messages += perRound;
        missing = perRound;
        const elapsedMs = performance.now() - start;
        if (elapsedMs < durationMs) next();
        else resolve({ messages, elapsedMs, wireBytes: 0 });
      };
    }
    next();
  });
}

/** Publishes on a schedule; the time from when each was due to each handler. */
async function latency(durationMs, perSecond) {
  const histogram = createHistogram();
  const total = Math.max(1, Math.round((durationMs * perSecond) / 1000));
  const start = performance.now();
  const dueMs = (index) => start + (index * 1000) / perSecond;
  const ended = new Promise((resolve) => {
    let missing = total * clients.length;
    for (const client of clients) {
      let index = 0;
      client.onMessage = () => {
        histogram.record(Math.max(1, Math.round((performance.now() - dueMs(index++)) * 1e6)));
        if (--missing === 0) resolve();
      };
    }
  });
  for (let index = 0; index < total; index++) {
    const waitMs = dueMs(index) - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    publish();
  }
  await ended;
  const percentile = (percent) => histogram.percentile(percent) / 1000;
  return { perSecond, p50Us: percentile(50), p99Us: percentile(99), p999Us: percentile(99.9) };
}

const installed = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;

serveControl(
  { version: task.client === 'socketio' ? installed('socket.io-client') : 'this tree' },
  ({ type, count, durationMs, perSecond }) => {
    if (type === 'open') return open(count);
    return type === 'run' ? run(durationMs) : latency(durationMs, perSecond);
  },
);
