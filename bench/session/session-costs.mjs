// Costs of the channel protocol without sockets: codecs, the way of a publication through a hub, bytes on the wire.
//
// A program of its own: started with --expose-gc, and with a young generation so large that nothing is collected while
// the growth of the heap is measured. Prints its tables as one line of JSON.
import process from 'node:process';
import { MemoryBroker } from '../../dist/src/broker/index.js';
import { resolveChannelPolicy } from '../../dist/src/channel/index.js';
import { BrokerSource } from '../../dist/src/server/index.js';
import {
  asClientPacket,
  asServerPacket,
  Hub,
  jsonCodec,
  messagePackCodec,
  SessionRegistry,
} from '../../dist/src/session/index.js';

const rounds = 7;
const codecs = [jsonCodec, messagePackCodec];
const channel = 'chat:room-42';
const payload = { id: 48213, user: 'ann', text: 'The tide is coming in, see you at the harbour at noon.' };
const msg = { t: 'msg', s: 4, o: 48213, d: payload, ts: 1789999990123, by: 'ann' };
const pub = { t: 'pub', id: 9, ch: channel, q: 57, d: payload };

/** Runs `work(count)` in rounds. Returns the median time and the allocation of one, in nanoseconds and bytes. */
async function measure(count, work) {
  await work(count);
  const times = [];
  const allocations = [];
  for (let round = 0; round < rounds; round++) {
    globalThis.gc();
    const heap = process.memoryUsage().heapUsed;
    const start = process.cpuUsage();
    await work(count);
    const { user, system } = process.cpuUsage(start);
    allocations.push((process.memoryUsage().heapUsed - heap) / count);
    times.push(((user + system) * 1_000) / count);
  }
  return { ns: median(times), bytes: median(allocations), spread: Math.max(...times) / Math.min(...times) };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

async function codecRows() {
  const rows = [];
  for (const codec of codecs) {
    const works = [
      ['encode msg', () => codec.encode(msg)],
      ['decode and check msg', () => asServerPacket(codec.decode(encodedMsg))],
      ['encode pub', () => codec.encode(pub)],
      ['decode and check pub', () => asClientPacket(codec.decode(encodedPub))],
    ];
    const encodedMsg = codec.encode(msg);
    const encodedPub = codec.encode(pub);
    for (const [name, work] of works) {
      const { ns, bytes, spread } = await measure(100_000, (count) => {
        for (let index = 0; index < count; index++) work();
      });
      rows.push([`${name}, ${codec.name}`, ...cells(ns, bytes, spread)]);
    }
  }
  return rows;
}

/** CPU in nanoseconds, so many a second, bytes of the heap, and how far the rounds lie apart. */
function cells(ns, bytes, spread) {
  return [Math.round(ns), Math.round(1e9 / ns), Math.round(bytes), `× ${spread.toFixed(2)}`];
}

/** A hub with so many connections, each subscribed to the one channel. */
async function openHub(subscribers) {
  const policy = resolveChannelPolicy({ class: 'log' });
  const report = (error) => {
    throw error;
  };
  let [token, delivered, replies] = [0, 0, 0];
  const hub = new Hub({
    source: new BrokerSource({ broker: new MemoryBroker(), node: 'n1', leaseMs: 30_000, report }),
    authority: {
      authenticate: (_credentials, done) => done({ type: 'accepted', subject: 'ann' }),
      authorize: (_request, done) => done({ type: 'allowed', policy }),
    },
    sessions: new SessionRegistry({
      randomToken: () => `token-${++token}`,
      ttlMs: 1_000,
      now: () => 0,
      defer: queueMicrotask,
    }),
    random: () => 0.5,
    node: 'n1',
    report,
  });
  const sink = { bufferedAmount: 0, send: () => delivered++, close: report };
  const connect = async (to) => {
    const connection = hub.accept({ codec: jsonCodec, sink: to }, 0);
    connection.receive(jsonCodec.encode({ t: 'hello', id: 1, v: 1 }), 0);
    return connection;
  };
  for (let index = 0; index < subscribers; index++) {
    const connection = await connect(sink);
    await turn();
    connection.receive(jsonCodec.encode({ t: 'sub', id: 2, ch: channel }), 0);
  }
  await turn();
  const publisher = await connect({ ...sink, send: () => replies++ });
  await turn();
  let q = 0;
  return {
    get delivered() {
      return delivered;
    },
    /** Publishes so often, with the answers awaited in batches, as a pipelining client does. */
    async publish(count) {
      for (let done = 0; done < count; ) {
        const before = replies;
        const batch = Math.min(32, count - done);
        for (let index = 0; index < batch; index++) {
          const packet = { t: 'pub', id: index + 10, ch: channel, q: ++q, prod: 'producer', d: payload };
          publisher.receive(jsonCodec.encode(packet), 0);
        }
        while (replies < before + batch) await turn();
        done += batch;
      }
    },
  };
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

async function fanOutRows() {
  const rows = [];
  for (const [subscribers, publications] of [
    [0, 5_000],
    [1, 5_000],
    [1_000, 1_000],
    [15_000, 150],
  ]) {
    const hub = await openHub(subscribers);
    const before = hub.delivered;
    const { ns, bytes, spread } = await measure(publications, (count) => hub.publish(count));
    const delivered = (hub.delivered - before) / (rounds + 1);
    if (delivered !== subscribers * publications) throw new Error(`delivered ${delivered}`);
    const receivers = Math.max(subscribers, 1);
    const unit =
      subscribers === 0
        ? 'publish to nobody, acknowledged'
        : `one of ${subscribers.toLocaleString('en')} deliveries`;
    rows.push([unit, ...cells(ns / receivers, bytes / receivers, spread)]);
  }
  return rows;
}

/** The same publication, as each protocol pushes it to a subscriber; without the WebSocket frame around it. */
function wireRows() {
  const bytes = (message) => (typeof message === 'string' ? Buffer.byteLength(message) : message.length);
  const bare = { t: 'msg', s: 4, o: 48213, d: payload };
  const centrifugo = { push: { channel, pub: { data: payload, offset: 48213 } } };
  const socketIo = `42${JSON.stringify([channel, payload])}`;
  const recovered = `42${JSON.stringify([channel, payload, 'M5v3jkA'])}`;
  const rows = [
    ['payload alone, JSON', JSON.stringify(payload)],
    ['tidewire.v1.msgpack, as the server sends it (wall time, publisher)', messagePackCodec.encode(msg)],
    ['tidewire.v1.msgpack, the least', messagePackCodec.encode(bare)],
    ['tidewire.v1.json, as the server sends it (wall time, publisher)', jsonCodec.encode(msg)],
    ['tidewire.v1.json, the least', jsonCodec.encode(bare)],
    ['Socket.IO 4, event named as the channel', socketIo],
    ['Socket.IO 4, with an offset for recovery', recovered],
    ['Centrifugo, JSON, with offset', JSON.stringify(centrifugo)],
    ['Centrifugo, Protobuf, with offset', protobufPush()],
  ];
  const floor = bytes(rows[0][1]);
  return rows.map(([name, message]) => [name, bytes(message), bytes(message) - floor]);
}

/** Lengths are all that counts here: every field number of these messages takes one byte. */
function protobufPush() {
  const field = (content) => [0, ...varint(content.length), ...content];
  const publication = [...field([...Buffer.from(JSON.stringify(payload))]), 0, ...varint(48213)];
  const push = [...field([...Buffer.from(channel)]), ...field(publication)];
  const reply = field(push);
  return Uint8Array.from([...varint(reply.length), ...reply]);
}

function varint(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

const results = { codecs: await codecRows(), fanOut: await fanOutRows(), wire: wireRows() };
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
