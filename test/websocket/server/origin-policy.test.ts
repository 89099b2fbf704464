import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/websocket/index.ts';
import { OriginPolicy } from '../../../src/websocket/server/origin-policy.ts';
import { openServer } from '../open-server.ts';
import { RawClient, upgradeRequest } from '../raw-client.ts';
import { listed, rows } from './origin-cases.ts';

describe('the origin policy', () => {
  for (const { name, origin, host, passes } of rows) {
    it(`${passes ? 'lets in' : 'refuses'} ${name}: ${origin} for ${host} (10.2)`, () => {
      const policy = new OriginPolicy(listed);
      assert.equal(policy.allows({ origin, host, isSecure: true }), passes);
      assert.equal(policy.allows({ origin, host, isSecure: false }), passes);
    });
  }

  it('lets everyone in where that is asked for', () => {
    const policy = new OriginPolicy('*');
    for (const { origin, host } of rows) assert.equal(policy.allows({ origin, host, isSecure: true }), true);
  });

  for (const origin of ['null', 'file://']) {
    it(`lets ${origin} in where it is listed`, () =>
      assert.equal(new OriginPolicy([origin]).allows({ origin, host: 'a', isSecure: true }), true));
  }

  for (const origin of [
    'example.com',
    'https://example.com/',
    'https://example.com/path',
    'https://*.example.com',
    'HTTPS://example.com',
    'https://example.com:443',
    '',
    '*',
  ]) {
    it(`does not take ${JSON.stringify(origin)} for an origin`, () =>
      assert.throws(() => new OriginPolicy([origin]), UsageError));
  }
});

describe('a server', () => {
  it('refuses a page of another site with 403, before its hook is asked', async (test) => {
    let asked = 0;
    const { port, server, calls } = await openServer(test, {
      allowedOrigins: ['https://app.example.com'],
      upgrade: () => {
        asked += 1;
        return undefined;
      },
    });
    const ask = async (origin: string): Promise<string> => {
      const client = await RawClient.connect(port);
      client.socket.write(upgradeRequest({ headers: { host: 'example.com', origin } }));
      return (await client.head()).split('\r\n')[0] as string;
    };
    assert.equal(await ask('https://evil.example'), 'HTTP/1.1 403 Forbidden');
    assert.equal(asked, 0);
    assert.deepEqual(calls, []);
    assert.equal(server.counters.allowedOrigins, 1);
    assert.equal(await ask('https://example.com'), 'HTTP/1.1 101 Switching Protocols');
    assert.equal(await ask('https://app.example.com'), 'HTTP/1.1 101 Switching Protocols');
    assert.equal(asked, 2);
  });
});
