import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import {
  deviceProfile,
  type UpgradeRequest,
  type WebSocketServerOptions,
} from '../../../src/websocket/index.ts';
import { resolveServerOptions } from '../../../src/websocket/server/server-options.ts';
import { buildFrame } from '../../protocol/frame-bytes.ts';
import {
  DEVICE_FAREWELL,
  DEVICE_MAX_BYTES,
  DeviceEmulator,
  type DeviceEvent,
  type DeviceRequest,
  deviceFrame,
  deviceRequest,
} from '../device-emulator.ts';
import { gate } from '../gate.ts';
import { type OpenedServer, openServer } from '../open-server.ts';

interface PluggedDevice {
  readonly device: DeviceEmulator;
  /** The reconnects that the device waits for, oldest first: none happens before a test calls it. */
  readonly timers: { readonly act: () => void; readonly ms: number }[];
}

function plugIn(test: TestContext, request: DeviceRequest): PluggedDevice {
  const timers: PluggedDevice['timers'] = [];
  const device = new DeviceEmulator({ ...request, setTimer: (act, ms) => timers.push({ act, ms }) });
  test.after(() => device.unplug());
  device.begin();
  return { device, timers };
}

/** A server with the profile, and a device that has connected to it. */
async function connectDevice(
  test: TestContext,
  options: WebSocketServerOptions<unknown> = {},
): Promise<OpenedServer<unknown> & PluggedDevice> {
  const opened = await openServer(test, { ...deviceProfile, ...options });
  const plugged = plugIn(test, { port: opened.port });
  assert.deepEqual(await plugged.device.next(), { type: 'connected' });
  return { ...opened, ...plugged };
}

interface ScriptedServer {
  readonly port: number;
  /** All that the device sent behind its first request, until it ended the connection. */
  readonly rest: Promise<string>;
}

/** A server that answers each request with these fields and bytes, whatever it asks for. */
async function openScript(
  test: TestContext,
  fields: string,
  bytes = Buffer.alloc(0),
): Promise<ScriptedServer> {
  const rest = gate<string>();
  const server = createServer((socket) => {
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      const hadRequest = received.includes('\r\n\r\n');
      received += chunk.toString('latin1');
      if (hadRequest || !received.includes('\r\n\r\n')) return;
      const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(received)?.[1];
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.write(bytes);
    });
    socket.on('end', () => rest.resolve(received.slice(received.indexOf('\r\n\r\n') + 4)));
  });
  test.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, rest: rest.promise };
}

const agrees = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';

describe('the device emulator', () => {
  it('asks with these fields, in this order', () => {
    assert.equal(
      deviceRequest({ host: '10.0.0.7', port: 80, url: '/sensors' }, 'AAECAwQFBgcICQoLDA0ODw=='),
      'GET /sensors HTTP/1.1\r\nHost: 10.0.0.7:80\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n' +
        'Sec-WebSocket-Protocol: arduino\r\nOrigin: file://\r\nUser-Agent: arduino-WebSocket-Client\r\n\r\n',
    );
    const head = deviceRequest({ port: 80, authorization: 'Basic ZGV2aWNlOnNlY3JldA==' }, 'k');
    assert.ok(head.endsWith('arduino-WebSocket-Client\r\nAuthorization: Basic ZGV2aWNlOnNlY3JldA==\r\n\r\n'));
  });

  const headers: [opcode: number, length: number, hex: string][] = [
    [9, 0, '8980 00000000'],
    [1, 1, '8181 01020304'],
    [2, 125, '82fd 01020304'],
    [2, 126, '82fe007e 01020304'],
    [2, 1399, '82fe0577 01020304'],
    [2, 1400, '82fe0578 00000000'],
    [2, 65_534, '82fefffe 00000000'],
    [2, 65_535, '82ff000000000000ffff 00000000'],
    [2, 65_536, '82ff0000000000010000 00000000'],
  ];
  for (const [opcode, length, hex] of headers) {
    it(`writes ${length} bytes behind the header ${hex}`, () => {
      const expected = hex.replace(' ', '');
      const frame = deviceFrame(opcode, Buffer.alloc(length), [1, 2, 3, 4]);
      assert.equal(frame.toString('hex', 0, expected.length / 2), expected);
      assert.equal(frame.length, expected.length / 2 + length);
    });
  }

  it('takes `Connection: keep-alive, Upgrade` for a refusal, and says goodbye in plain text', async (test) => {
    const { port, rest } = await openScript(
      test,
      'Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n',
    );
    const { device, timers } = plugIn(test, { port });
    assert.deepEqual(await device.next(), { type: 'disconnected' });
    assert.equal(await rest, DEVICE_FAREWELL);
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [500],
    );
  });

  it('looks at no reserved bit, and joins no fragments', async (test) => {
    const frames = Buffer.concat([
      buildFrame({ opcode: 1, reserved: 0x40, payload: Buffer.from('rsv') }),
      buildFrame({ opcode: 1, isFinal: false, payload: Buffer.from('a') }),
      buildFrame({ opcode: 0, isFinal: false, payload: Buffer.from('b') }),
      buildFrame({ opcode: 0, payload: Buffer.from('c') }),
    ]);
    const { port } = await openScript(test, agrees, frames);
    const { device } = plugIn(test, { port });
    assert.deepEqual(await device.next(), { type: 'connected' });
    assert.deepEqual(await device.next(), { type: 'text', payload: Buffer.from('rsv') });
    assert.deepEqual(await device.next(), { type: 'fragment-start', payload: Buffer.from('a') });
    assert.deepEqual(await device.next(), { type: 'fragment', payload: Buffer.from('b') });
    assert.deepEqual(await device.next(), { type: 'fragment-end', payload: Buffer.from('c') });
  });
});

describe('the device profile', () => {
  it('is frozen, and fits the options of a server', () => {
    for (const part of [deviceProfile, deviceProfile.keepalive, deviceProfile.allowedOrigins]) {
      assert.ok(Object.isFrozen(part));
    }
    const settings = resolveServerOptions({ ...deviceProfile, port: 0 });
    assert.equal(settings.requireMinimalLength, false);
    assert.equal(settings.deflate, undefined);
    assert.deepEqual(settings.keepalive, { intervalMs: 20_000, maxMisses: 3 });
    const ask = (origin: string): boolean =>
      settings.origins.allows({ origin, host: '10.0.0.7:80', isSecure: false });
    assert.deepEqual(['file://', 'https://evil.example'].map(ask), [true, false]);
  });

  it('lets in a device, which tells its port, its origin and its subprotocol', async (test) => {
    const asked: Pick<UpgradeRequest, 'host' | 'origin' | 'protocols'>[] = [];
    const { port } = await connectDevice(test, {
      upgrade: ({ host, origin, protocols }) => {
        asked.push({ host, origin, protocols });
        return { protocol: 'arduino' };
      },
    });
    assert.deepEqual(asked, [{ host: `127.0.0.1:${port}`, origin: 'file://', protocols: ['arduino'] }]);
  });

  it('reads all that a device sends, with zero masking keys and a length that is not minimal', async (test) => {
    const lengths = [0, 1, 125, 126, 1399, 1400, 65_534, 65_535, 65_536];
    const received: Buffer[] = [];
    const all = gate();
    const { device, calls } = await connectDevice(test, {
      message: (_connection, data) => {
        received.push(data as Buffer);
        if (received.length === lengths.length) all.resolve();
      },
      close: (_connection, code) => all.reject(new Error(`closed with ${code}`)),
    });
    const sent = lengths.map((length) => Buffer.alloc(length, '0123456789abcdefghijklm'));
    for (const payload of sent) device.sendBinary(payload);
    await all.promise;
    assert.deepEqual(received, sent);
    device.sendPing();
    assert.deepEqual(await device.next(), { type: 'pong', payload: Buffer.alloc(0) });
    assert.equal(calls.at(-1), 'ping ');
  });

  it('sends each message in one uncompressed frame, up to 15 KiB', async (test) => {
    const longest = 'x'.repeat(DEVICE_MAX_BYTES);
    const { device, server } = await connectDevice(test);
    for (const connection of server.connections) connection.send(longest, { compress: true });
    assert.deepEqual(await device.next(), { type: 'text', payload: Buffer.from(longest) });
  });

  it('hears 1009 after a longer message, and the device comes back', async (test) => {
    const { device, server, timers, called } = await connectDevice(test);
    for (const connection of server.connections) connection.send(Buffer.alloc(DEVICE_MAX_BYTES + 1));
    await called('close 1009 ""');
    assert.deepEqual(await device.next(), { type: 'disconnected' });
    timers[0]?.act();
    assert.deepEqual(await device.next(), { type: 'connected' });
  });

  it('can say why it closes only in a message; the device comes back after 500 ms each time', async (test) => {
    const { device, timers, calls } = await connectDevice(test, {
      open: (connection) => {
        connection.send('do not come back');
        connection.close(4001, 'do not come back');
      },
    });
    const told: DeviceEvent[] = [
      { type: 'text', payload: Buffer.from('do not come back') },
      { type: 'disconnected' },
    ];
    assert.deepEqual([await device.next(), await device.next()], told);
    timers[0]?.act();
    assert.deepEqual(await device.next(), { type: 'connected' });
    assert.deepEqual([await device.next(), await device.next()], told);
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [500, 500],
    );
    assert.ok(!calls.some((call) => call.startsWith('error')), calls.join('\n'));
  });

  it('ends a device that answers no Ping', async (test) => {
    const { device, called, errors } = await connectDevice(test, {
      keepalive: { ...deviceProfile.keepalive, intervalMs: 1 },
    });
    device.stall();
    await called('close 1006');
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['no answer to 3 Pings, 1 ms apart: the peer is gone'],
    );
  });
});

describe('a server without the device profile', () => {
  it('refuses a device, and is not troubled by its plain text', async (test) => {
    const { port, calls, server } = await openServer(test);
    const { device, timers } = plugIn(test, { port });
    assert.deepEqual(await device.next(), { type: 'disconnected' });
    timers[0]?.act();
    assert.deepEqual(await device.next(), { type: 'disconnected' });
    assert.deepEqual(calls, []);
    assert.equal(server.connections.size, 0);
  });

  it('closes with 1002 on a length that is not minimal', async (test) => {
    const { device, called } = await connectDevice(test, { requireMinimalLength: true });
    device.sendBinary(Buffer.alloc(65_535));
    await called('error LENGTH_NOT_MINIMAL');
    assert.deepEqual(await device.next(), { type: 'disconnected' });
  });
});
