import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { WebSocketServer } from '../../../src/websocket/index.ts';
import { makeCertificate } from '../certificate.ts';
import { openServer } from '../open-server.ts';
import { RawClient } from '../raw-client.ts';

const { key, cert } = makeCertificate();

async function connectTls(port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', ca: cert, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  return new RawClient(socket);
}

describe('a server on its own port with TLS', () => {
  it('accepts, and knows that it is encrypted', async (test) => {
    const { port, called, calls } = await openServer<boolean>(test, {
      tls: { key, cert },
      upgrade: ({ isSecure }) => ({ data: isSecure }),
      message: (connection, data) => connection.send(`${connection.data} ${data}`),
    });
    const client = await connectTls(port);
    await client.upgrade();
    client.sendText('hello');
    assert.equal(await client.text(), 'true hello');
    client.sendClose();
    assert.deepEqual(await client.close(), [1000, '']);
    await client.gone();
    await called('close');
    assert.equal(calls.at(-1), 'close 1000 ""');
  });

  it('carries large messages both ways, whole', async (test) => {
    const { port } = await openServer(test, {
      tls: { key, cert },
      message: (connection, data) => connection.send(data),
      limits: { maxQueuedBytes: 64 * 1024 * 1024 },
    });
    const client = await connectTls(port);
    await client.upgrade();
    const payload = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
    client.send({ opcode: 2, payload });
    client.send({ opcode: 2, payload: payload.subarray(0, 20_000) });
    client.sendText('behind');
    assert.ok((await client.frame()).payload.equals(payload));
    assert.ok((await client.frame()).payload.equals(payload.subarray(0, 20_000)));
    assert.equal(await client.text(), 'behind');
  });

  it('outlives those who speak no TLS, or end in the middle of it', async (test) => {
    const { port, calls, server } = await openServer(test, {
      tls: { key, cert },
      limits: { maxConnections: 1 },
    });
    for (const bytes of ['', 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00\x01']) {
      const socket = connectTcp({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      if (bytes !== '') socket.write(bytes, 'latin1');
      socket.end();
      socket.resume();
      await once(socket, 'close');
    }
    const client = await connectTls(port);
    await client.upgrade();
    assert.equal(server.connections.size, 1);
    assert.deepEqual(calls, ['open']);
  });

  it('cuts those who never end their TLS handshake, whether they end their side or not', async (test) => {
    const { port } = await openServer(test, { tls: { key, cert }, handshakeTimeoutMs: 50 });
    for (const ends of [false, true]) {
      const socket = connectTcp({ port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write('\x16\x03\x01\x02\x00\x01', 'latin1');
      if (ends) socket.end();
      socket.resume();
      await once(socket, 'close');
    }
  });

  it('cuts those whose descriptor is above the cap, before their TLS handshake', async (test) => {
    const { port, server } = await openServer(test, { tls: { key, cert }, limits: { maxDescriptors: 1 } });
    const client = await RawClient.connect(port);
    await client.rest();
    await client.gone();
    assert.equal(server.counters.maxDescriptors, 1);
  });

  it('tells of a reset as of any other', async (test) => {
    const { port, called, calls } = await openServer(test, { tls: { key, cert } });
    const client = await connectTls(port);
    await client.upgrade();
    client.socket.destroy();
    await called('close');
    assert.deepEqual(calls, ['open', 'close 1006 ""']);
  });
});

describe('a server attached to an https server', () => {
  it('accepts, and knows that it is encrypted', async (test) => {
    const https = createHttpsServer({ key, cert });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    test.after(() => https.close());
    const server = new WebSocketServer({
      server: https,
      upgrade: ({ isSecure, raw }) => ({ data: `${isSecure} ${raw?.url}` }),
      open: (connection) => connection.send(String(connection.data)),
    });
    test.after(() => server.close({ timeoutMs: 0 }));
    const client = await connectTls((https.address() as AddressInfo).port);
    await client.upgrade({ path: '/a' });
    assert.equal(await client.text(), 'true /a');
  });
});
