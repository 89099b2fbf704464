import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import {
  connectionDefaults,
  serverDefaults,
  UsageError,
  type WebSocketServerOptions,
} from '../../../src/websocket/index.ts';
import { resolveServerOptions } from '../../../src/websocket/server/server-options.ts';

const resolve = (options: object) => resolveServerOptions(options as WebSocketServerOptions<unknown>);

describe('the options of a server', () => {
  it('have defaults', () => {
    const settings = resolve({});
    assert.equal(settings.handshakeTimeoutMs, serverDefaults.handshakeTimeoutMs);
    assert.equal(settings.closeTimeoutMs, connectionDefaults.closeTimeoutMs);
    assert.equal(settings.whenQueueFull, connectionDefaults.whenQueueFull);
    assert.deepEqual(settings.keepalive, { intervalMs: 20_000, maxMisses: 2 });
    assert.equal(settings.path, undefined);
  });

  it('take undefined for not given', () => {
    const given = {
      handshakeTimeoutMs: undefined,
      closeTimeoutMs: undefined,
      keepalive: { intervalMs: undefined },
      whenQueueFull: undefined,
      path: undefined,
      allowedOrigins: undefined,
      perMessageDeflate: undefined,
      limits: undefined,
    };
    assert.deepEqual(resolve(given).keepalive, resolve({}).keepalive);
    assert.equal(resolve(given).closeTimeoutMs, 5000);
    assert.equal(resolve(given).handshakeTimeoutMs, 10_000);
  });

  it('are frozen, and the defaults too', () => {
    assert.ok(Object.isFrozen(resolve({})));
    assert.ok(Object.isFrozen(serverDefaults));
    assert.ok(Object.isFrozen(connectionDefaults));
  });

  const wrong: [options: object, names: string[]][] = [
    [{ port: 65_536 }, ['port', '65536']],
    [{ port: -1 }, ['port', '-1']],
    [{ port: '8080' }, ['port', '8080']],
    [{ port: 1, server: createServer() }, ['port', 'server']],
    [{ tls: {} }, ['tls', 'port']],
    [{ path: 'chat' }, ['path', 'chat']],
    [{ path: '' }, ['path']],
    [{ allowedOrigins: ['example.com'] }, ['allowedOrigins', 'example.com']],
    [{ handshakeTimeoutMs: 0 }, ['handshakeTimeoutMs', '0']],
    [{ handshakeTimeoutMs: 2 ** 31 }, ['handshakeTimeoutMs', '2147483648']],
    [{ closeTimeoutMs: 0 }, ['closeTimeoutMs', '0']],
    [{ closeTimeoutMs: Number.NaN }, ['closeTimeoutMs', 'NaN']],
    [{ whenQueueFull: 'drop' }, ['whenQueueFull', 'drop']],
    [{ keepalive: { intervalMs: -1 } }, ['keepalive.intervalMs', '-1']],
    [{ keepalive: { maxMisses: 0 } }, ['keepalive.maxMisses', '0']],
    [{ limits: { maxMessageBytes: 0 } }, ['maxMessageBytes', '0']],
    [{ maxConnections: 5 }, ['maxConnections', 'limits']],
    [{ perMessageDeflate: { level: 10 } }, ['level', '10']],
    [{ perMessageDeflate: { thresholdBytes: -1 } }, ['thresholdBytes', '-1']],
    [{ perMessageDeflate: { serverMaxWindowBits: 7 } }, ['serverMaxWindowBits', '7']],
  ];
  for (const [options, names] of wrong) {
    it(`that are wrong throw and name ${names.join(' and ')}`, () =>
      assert.throws(
        () => resolve(options),
        (error) => error instanceof UsageError && names.every((name) => error.message.includes(name)),
      ));
  }
});
