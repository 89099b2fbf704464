import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { deviceProfile, WebSocket } from '../../../src/websocket/index.ts';
import { buildFrame } from '../../protocol/frame-bytes.ts';
import { DeviceEmulator } from '../../websocket/device-emulator.ts';
import { openRealtime, RawClient, welcome } from '../realtime-rig.ts';

/** Sends an opening request over a plain socket; gives the answer up to the end of its head, and the socket. */
async function request(
  test: TestContext,
  url: string,
  { path = '/', fields = '' }: { readonly path?: string; readonly fields?: string } = {},
): Promise<{ readonly head: string; readonly socket: Socket; readonly rest: () => Buffer }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  test.after(() => socket.destroy());
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`,
  );
  while (!received.includes('\r\n\r\n')) await once(socket, 'data');
  const end = received.indexOf('\r\n\r\n') + 4;
  return { head: received.subarray(0, end).toString('latin1'), socket, rest: () => received.subarray(end) };
}

describe('opening', () => {
  it('answers with the first subprotocol that it knows, in the order of the client', async (test) => {
    const { url } = await openRealtime(test);
    for (const [offer, answer] of [
      [['tidewire.v1.json', 'tidewire.v1.msgpack'], 'tidewire.v1.json'],
      [['chat', 'tidewire.v1.msgpack', 'tidewire.v1.json'], 'tidewire.v1.msgpack'],
    ] as const) {
      const client = new RawClient(test, url, [...offer]);
      await client.opened;
      assert.equal(client.socket.protocol, answer);
    }
  });

  it('answers 400 with those that it knows when none fits', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const { head, rest, socket } = await request(test, url, {
      fields: 'Sec-WebSocket-Protocol: chat, soap\r\n',
    });
    await once(socket, 'end');
    assert.match(head, /^HTTP\/1\.1 400 /);
    assert.match(rest().toString(), /tidewire\.v1\.msgpack, tidewire\.v1\.json/);
    assert.equal(realtime.metrics().refusedOpenings, 1);
  });

  it('takes a bearer token alone for no subprotocol at all', async (test) => {
    const { url } = await openRealtime(test);
    const { head, rest, socket } = await request(test, url, {
      fields: `Sec-WebSocket-Protocol: bearer.${Buffer.from('ada').toString('base64url')}\r\n`,
    });
    assert.match(head, /^HTTP\/1\.1 101 /);
    while (!rest().includes('welcome')) await once(socket, 'data');
  });

  it('never echoes a bearer token', async (test) => {
    const { url } = await openRealtime(test);
    const bearer = `bearer.${Buffer.from('ada').toString('base64url')}`;
    const { head } = await request(test, url, {
      fields: `Sec-WebSocket-Protocol: ${bearer}, tidewire.v1.json\r\n`,
    });
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(head, /bearer/i);
    assert.match(head, /Sec-WebSocket-Protocol: tidewire\.v1\.json/i);
  });
});

describe('plain profile', () => {
  it('gives a page that only knows the address its channels, without a hello', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const socket = new WebSocket(`${url}/?subscribe=chat:42`);
    test.after(() => socket.close());
    const texts: string[] = [];
    const arrived = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        const packet = JSON.parse(data as string);
        if (packet.t === 'welcome') {
          assert.deepEqual([packet.tok, packet.res[0].ch, packet.res[0].r], [undefined, 'chat:42', 'ok']);
          socket.send('{"t":"pub","ch":"chat:42","d":{"text":"from the page"}}');
        }
        if (packet.t !== 'msg') return;
        texts.push(packet.d.text);
        if (texts.length === 1) void realtime.publish('chat:42', { text: 'from the server' });
        else resolve();
      };
    });
    await arrived;
    assert.deepEqual(texts, ['from the page', 'from the server']);
  });

  it('continues from a position that stands in the address', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const { epoch } = await realtime.publish('chat:42', { text: 'one' });
    await realtime.publish('chat:42', { text: 'two' });
    const client = new RawClient(test, `${url}/?subscribe=prices&subscribe=chat:42&since=${epoch}/1`, []);
    const { res } = await client.next();
    assert.deepEqual([res[1].r, res[1].from, res[1].to], ['ok', 2, 2]);
    assert.equal((await client.message()).d.text, 'two');
  });

  it('asks the contract as everybody else: what is refused stands in res', async (test) => {
    const { url } = await openRealtime(test);
    const client = new RawClient(test, `${url}/?subscribe=secret:ada&subscribe=nowhere&subscribe=chat:1`, []);
    const { res } = await client.next();
    const codes = res.map(({ err, r }: { err?: { code: string }; r?: string }) => err?.code ?? r);
    assert.deepEqual(codes, ['forbidden', 'unknown_channel', 'ok']);
  });

  it('refuses an address that cannot be meant with 400', async (test) => {
    const { url } = await openRealtime(test, { limits: { maxSubscriptions: 2 } });
    for (const query of [
      'since=e/1',
      'subscribe=chat:1&since=e',
      'subscribe=chat:1&since=e/-1',
      'subscribe=a&subscribe=b&subscribe=c',
    ]) {
      const { head } = await request(test, url, { path: `/?${query}` });
      assert.match(head, /^HTTP\/1\.1 400 /, query);
    }
  });

  it('can be switched off', async (test) => {
    const { url } = await openRealtime(test, { plainProfile: false });
    const { head } = await request(test, url);
    assert.match(head, /^HTTP\/1\.1 400 /);
    await welcome(test, url);
  });

  it('is spoken by whoever can write to a socket: one line a packet', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const { head, socket, rest } = await request(test, url, { path: '/?subscribe=chat:42' });
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(head, /Sec-WebSocket-Protocol/i);
    const payload = Buffer.from('{"t":"pub","ch":"chat:42","d":{"text":"by hand"}}');
    socket.write(buildFrame({ opcode: 1, payload, maskingKey: [1, 2, 3, 4] }));
    while (!rest().includes('"by hand"')) await once(socket, 'data');
    const { publications } = await realtime.history('chat:42');
    assert.equal(publications[0]!.data.text, 'by hand');
  });

  it('takes the credential of a program from Authorization', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const { head, socket, rest } = await request(test, url, {
      path: '/?subscribe=secret:ada',
      fields: 'Authorization: Bearer ada\r\n',
    });
    assert.match(head, /^HTTP\/1\.1 101 /);
    await realtime.publish('secret:ada', 'for her');
    while (!rest().includes('for her')) await once(socket, 'data');
  });

  it('serves a microcontroller: it subscribes, publishes, and hears of others', async (test) => {
    const { realtime, url } = await openRealtime(test, {
      webSocket: deviceProfile,
      authenticate: ({ basic }) => (basic?.password === 'pw' ? { subject: basic.user } : undefined),
    });
    const device = new DeviceEmulator({
      port: Number(new URL(url).port),
      url: '/?subscribe=chat:lab',
      authorization: `Basic ${Buffer.from('sensor-1:pw').toString('base64')}`,
      setTimer: () => undefined,
    });
    test.after(() => device.unplug());
    device.begin();
    assert.deepEqual(await device.next(), { type: 'connected' });
    const packet = async (): Promise<{ t: string; d: { text: string }; by?: string }> => {
      const event = await device.next();
      assert.equal(event.type, 'text');
      return JSON.parse('payload' in event ? event.payload.toString() : '');
    };
    assert.equal((await packet()).t, 'welcome');
    device.sendText('{"t":"pub","ch":"chat:lab","d":{"text":"21 degrees"}}');
    const own = await packet();
    assert.deepEqual([own.d.text, own.by], ['21 degrees', 'sensor-1']);
    await realtime.publish('chat:lab', { text: 'heat' });
    assert.equal((await packet()).d.text, 'heat');
  });
});
