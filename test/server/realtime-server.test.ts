import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { type Broker, MemoryBroker } from '../../src/broker/index.ts';
import { UsageError } from '../../src/channel/index.ts';
import { createRealtime, RequestError } from '../../src/server/index.ts';
import { messagePackCodec } from '../../src/session/index.ts';
import { WebSocket, WebSocketServer } from '../../src/websocket/index.ts';
import { type AnyPacket, byName, contract, openRealtime, RawClient, welcome } from './realtime-rig.ts';

describe('realtime server', () => {
  it('carries a publication of one client to another, with position, publisher and time', async (test) => {
    const { url } = await openRealtime(test);
    const ada = await welcome(test, url, 'ada');
    const grace = await welcome(test, url, 'grace');
    const { ok } = await grace.ask({ t: 'sub', ch: 'chat:1' });
    assert.equal(ok.r, 'ok');
    const reply = await ada.ask({ t: 'pub', ch: 'chat:1', d: { text: 'hi' } });
    assert.deepEqual([reply.ok.e, reply.ok.o, reply.ok.dup], [ok.e, 1, false]);
    const message = await grace.message();
    assert.deepEqual({ ...message.d }, { text: 'hi' });
    assert.deepEqual([message.s, message.o, message.by], [ok.s, 1, 'ada']);
  });

  it('publishes itself, validated by the contract, and resolves to the position', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const client = await welcome(test, url);
    await client.ask({ t: 'sub', ch: 'chat:1' });
    const position = await realtime.publish('chat:1', { text: 'from the server' });
    assert.equal(position.offset, 1);
    const message = await client.message();
    assert.equal(message.d.text, 'from the server');
    assert.equal(message.by, undefined, 'the server is nobody');
    await assert.rejects(
      realtime.publish('chat:1', { text: '' }),
      (error: unknown) =>
        error instanceof RequestError && error.code === 'schema' && error.body.path === '$.text',
    );
    // @ts-expect-error: the payload has no text
    await assert.rejects(realtime.publish('chat:1', { txt: 'typo' }), RequestError);
    // @ts-expect-error: no contract describes it
    await assert.rejects(realtime.publish('elsewhere', {}), UsageError);
  });

  it('refuses a payload that does not fit, and tells every issue', async (test) => {
    const { url } = await openRealtime(test);
    const client = await welcome(test, url, 'ada');
    const { err } = await client.ask({ t: 'pub', ch: 'chat:1', d: { text: '', mood: 1 } });
    assert.deepEqual([err.code, err.retry, err.path], ['schema', 'no', '$.text']);
    assert.deepEqual(
      err.issues.map(({ path }: { path: string }) => path),
      ['$.text', '$.mood'],
    );
  });

  it('takes the state key from the payload, and refuses another one', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const client = await welcome(test, url, 'ada');
    const price = { symbol: 'ABC', price: 1 };
    assert.equal((await client.ask({ t: 'pub', ch: 'prices', d: price })).ok.o, 1);
    const { err } = await client.ask({ t: 'pub', ch: 'prices', d: price, k: 'XYZ' });
    assert.equal(err.code, 'bad_request');
    await client.ask({ t: 'sub', ch: 'prices' });
    assert.equal((await client.message()).k, 'ABC');
    await realtime.remove('prices', 'ABC');
    const removal = await client.message();
    assert.deepEqual([removal.k, removal.x, removal.d], ['ABC', 1, null]);
  });

  it('speaks MessagePack to those who ask for it, and the same publication reaches both', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const json = await welcome(test, url);
    await json.ask({ t: 'sub', ch: 'chat:1' });
    const socket = new WebSocket(url, ['tidewire.v1.msgpack', 'tidewire.v1.json']);
    test.after(() => socket.close());
    socket.binaryType = 'arraybuffer';
    const packets: Record<string, unknown>[] = [];
    const arrived = new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        const packet = messagePackCodec.decode(new Uint8Array(data as ArrayBuffer)) as Record<
          string,
          unknown
        >;
        packets.push(packet);
        if (packet.t === 'welcome') socket.send(messagePackCodec.encode({ t: 'sub', id: 2, ch: 'chat:1' }));
        if (packet.t === 'reply') void realtime.publish('chat:1', { text: 'both' });
        if (packet.t === 'msg') resolve();
      });
    });
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    assert.equal(socket.protocol, 'tidewire.v1.msgpack');
    socket.send(messagePackCodec.encode({ t: 'hello', id: 1, v: 1 }));
    await arrived;
    assert.equal((packets.at(-1)!.d as { text: string }).text, 'both');
    assert.equal((await json.message()).d.text, 'both');
  });

  it('continues from a position after a reconnect, on a new connection', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const first = new RawClient(test, url);
    const { sid, tok } = await first.hello({ auth: 'ada' });
    for (const secret of [sid, tok]) assert.match(secret, /^[\w-]{24}$/, '144 bits');
    assert.notEqual(sid, tok);
    const { ok } = await first.ask({ t: 'sub', ch: 'chat:1' });
    first.socket.close();
    await first.closed;
    await realtime.publish('chat:1', { text: 'missed' });
    const second = new RawClient(test, url);
    const resume = { sid, tok, ch: [['chat:1', ok.e, ok.o]] };
    const { resumed, res } = await second.hello({ auth: 'ada', resume });
    assert.equal(resumed, true);
    assert.equal(res[0].r, 'ok');
    assert.equal((await second.message()).d.text, 'missed');
  });

  it('authorises again on a resume: a position gives no right', async (test) => {
    const { url } = await openRealtime(test);
    const client = new RawClient(test, url);
    const { res } = await client.hello({ auth: 'ada', resume: { ch: [['secret:grace', 'e', 0]] } });
    assert.equal(res[0].err.code, 'forbidden');
  });

  it('is attached to an http server beside its routes, on its path only', async (test) => {
    const http = createServer((_request, response) => response.end('a page'));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    test.after(() => http.close());
    const realtime = createRealtime({ contracts: contract, server: http, path: '/realtime' });
    test.after(() => realtime.close({ spreadMs: 0 }));
    const { port } = http.address() as AddressInfo;
    await welcome(test, `ws://127.0.0.1:${port}/realtime`);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'a page');
    const elsewhere = new RawClient(test, `ws://127.0.0.1:${port}/other`);
    await assert.rejects(elsewhere.opened);
  });

  it('serves the connections of a WebSocketServer of one’s own', async (test) => {
    const realtime = createRealtime({ contracts: contract, authenticate: byName, path: '/realtime' });
    const server = new WebSocketServer({ ...realtime.webSocketOptions, port: 0 });
    test.after(() => server.close({ timeoutMs: 0 }));
    await server.listening;
    const client = await welcome(test, `ws://127.0.0.1:${server.address()?.port}/realtime`, 'ada');
    assert.deepEqual(
      [...realtime.connections].map(({ subject }) => subject),
      ['ada'],
    );
    await realtime.close({ spreadMs: 0 });
    assert.equal((await client.closed).code, 1012);
  });

  it('reads history and presence, and disconnects by subject or session', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const ada = await welcome(test, url, 'ada');
    const grace = new RawClient(test, url);
    const { sid } = await grace.hello({ auth: 'grace' });
    for (const text of ['1', '2', '3']) await realtime.publish('chat:1', { text });
    const { publications, more, next } = await realtime.history('chat:1', { limit: 2 });
    assert.deepEqual(
      publications.map(({ data }) => data.text),
      ['3', '2'],
    );
    assert.equal(more, true);
    const older = await realtime.history('chat:1', { before: next });
    assert.deepEqual(
      older.publications.map(({ data }) => data.text),
      ['1'],
    );
    await ada.ask({ t: 'pres', ch: 'chat:1', do: 'enter', c: 1, d: { name: 'Ada' } });
    const [member] = await realtime.presence('chat:1');
    assert.deepEqual({ ...(member!.data as object) }, { name: 'Ada' });
    assert.equal(realtime.disconnect({ subject: 'ada' }, { code: 4300, reason: 'elsewhere' }), 1);
    assert.equal((await ada.closed).code, 4300);
    assert.equal(realtime.disconnect({ sid }), 1);
    assert.equal((await grace.closed).code, 1000);
  });

  it('appends a publication of its own once for each key', async (test) => {
    const { realtime } = await openRealtime(test);
    const first = await realtime.publish('chat:1', { text: 'paid' }, { key: 'order-1' });
    assert.deepEqual(await realtime.publish('chat:1', { text: 'paid' }, { key: 'order-1' }), first);
    assert.equal((await realtime.history('chat:1')).publications.length, 1);
  });

  it('reads presence of more members than a page of the broker holds', async (test) => {
    const broker = new MemoryBroker();
    const { realtime } = await openRealtime(test, { broker });
    const keys = Array.from({ length: 1_100 }, (_, index) => `user-${String(index).padStart(4, '0')}/1`);
    const lease = { node: 'another', ttlMs: 60_000 };
    await Promise.all(
      keys.map((key) => broker.presence.put('chat:1', { key, clock: 1, data: { name: key } }, lease)),
    );
    assert.deepEqual(
      (await realtime.presence('chat:1')).map(({ key }) => key),
      keys,
    );
  });

  it('asks its clients to come back when it closes, and leaves none behind', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const leaving = await welcome(test, url);
    const staying = await welcome(test, url);
    const closed = realtime.close({ spreadMs: 60_000 });
    const { inMs, spreadMs } = await leaving.next(({ t }) => t === 'goaway');
    assert.deepEqual([inMs, spreadMs], [0, 60_000]);
    const late = new RawClient(test, url);
    await assert.rejects(late.opened, 'no new connection');
    leaving.socket.close();
    staying.socket.close();
    await closed;
    assert.equal(realtime.metrics().connections, 0);
  });

  it('subscribes clients of its own accord, as far as they may', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const client = new RawClient(test, url);
    const { sid } = await client.hello({ auth: 'ada' });
    assert.equal(await realtime.subscribe({ sid }, 'chat:1'), 1);
    const { ch, r, s } = await client.next(({ t }) => t === 'sub');
    assert.deepEqual([ch, r], ['chat:1', 'ok']);
    await realtime.publish('chat:1', { text: 'unasked' });
    assert.equal((await client.message()).s, s);
    await assert.rejects(
      realtime.subscribe({ subject: 'ada' }, 'secret:grace'),
      (error: unknown) => error instanceof RequestError && error.code === 'forbidden',
    );
    assert.equal(await realtime.subscribe({ subject: 'nobody here' }, 'chat:1'), 0);
  });

  it('keeps counting: connections, messages, closes', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const client = await welcome(test, url);
    await client.ask({ t: 'sub', ch: 'chat:1' });
    const open = realtime.metrics();
    assert.deepEqual([open.connections, open.opened, open.openStreams, open.received], [1, 1, 1, 2]);
    client.send({ t: 'no such packet' });
    assert.equal((await client.closed).code, 4400);
    await realtime.close({ spreadMs: 0 });
    const after = realtime.metrics();
    assert.deepEqual([after.connections, after.badPackets, after.closed.get(4400)], [0, 1, 1]);
  });

  it('leaves a broker that it was given open, and closes its own', async (test) => {
    const broker = new MemoryBroker();
    const { realtime } = await openRealtime(test, { broker });
    await realtime.close();
    await broker.publish('x', { data: 1 }, contract.channels.chat.policy);
  });

  it('answers its clients when the broker does not, and drops what cannot be', async (test) => {
    const memory = new MemoryBroker();
    const broker: Broker = Object.assign(Object.create(memory) as Broker, {
      publish: () => new Promise<never>(() => undefined),
      history: () => new Promise<never>(() => undefined),
      subscribe: async () => ({ position: { epoch: 'no epoch', offset: -1 } }),
    });
    test.after(() => memory.close());
    const { realtime, url } = await openRealtime(test, { broker, times: { brokerMs: 10 } });
    const client = await welcome(test, url, 'ada');
    const codeOf = async (packet: AnyPacket): Promise<string> => (await client.ask(packet)).err.code;
    assert.equal(await codeOf({ t: 'pub', ch: 'chat:1', d: { text: 'x' } }), 'unknown');
    assert.equal(await codeOf({ t: 'hist', ch: 'chat:1', dir: 'back', n: 1 }), 'unavailable');
    assert.equal(await codeOf({ t: 'sub', ch: 'chat:1' }), 'unavailable');
    await assert.rejects(realtime.history('chat:1'), { code: 'BROKER_TIMEOUT' });
    assert.ok(realtime.metrics().brokerFaults > 0);
  });
});
