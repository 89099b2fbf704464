import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { type RequestObserver, resolveClientOptions } from '../../../src/websocket/client/client-options.ts';
import { ownOptions, requestRoute, socketAddress } from '../../../src/websocket/drop-in/socket-options.ts';

describe('ownOptions', () => {
  it('leaves out fields of the handshake, which ours writes, and keeps the others', () => {
    const { headers } = resolveClientOptions(
      ownOptions({
        headers: { 'X-A': 1, 'Sec-WebSocket-Key': 'x', Upgrade: 'h2c', 'X-B': undefined },
        auth: 'user:pass',
      }),
      undefined,
    );
    assert.deepEqual(headers, [
      ['X-A', '1'],
      ['Authorization', `Basic ${Buffer.from('user:pass').toString('base64')}`],
    ]);
  });

  it('passes on what TLS is told, and nothing that it does not know', () => {
    const options = ownOptions({ ca: 'pem', rejectUnauthorized: false, skipUTF8Validation: true });
    const { tls } = resolveClientOptions(options, undefined);
    assert.deepEqual(tls, { ca: 'pem', rejectUnauthorized: false });
    assert.equal('skipUTF8Validation' in options, false);
  });
});

describe('requestRoute', () => {
  const observer: RequestObserver = {
    receiveRequest: () => false,
    receiveResponse: () => false,
    receiveUpgrade: () => undefined,
  };

  it('takes the agent before createConnection, and no agent for false', () => {
    const agent = new Agent();
    const createConnection = (): Duplex => assert.fail('not asked');
    const both = requestRoute({ agent, createConnection }, observer, undefined);
    assert.deepEqual([both.agent, both.request], [agent, {}]);
    const own = requestRoute({ agent: false, createConnection }, observer, undefined);
    assert.deepEqual([own.agent, own.request], [undefined, { createConnection }]);
  });
});

describe('socketAddress', () => {
  it('parts a path of the file system and one of the URL', () => {
    for (const [address, socketPath, url] of [
      ['ws+unix:/tmp/chat.sock', '/tmp/chat.sock', 'ws://localhost/'],
      ['ws+unix:/tmp/chat.sock:/room?a=b:c', '/tmp/chat.sock', 'ws://localhost/room?a=b:c'],
      ['ws+unix:///tmp/chat.sock:/', '/tmp/chat.sock', 'ws://localhost/'],
    ] as const) {
      assert.deepEqual(socketAddress(address), { socketPath, url });
    }
  });

  it('is not made of other addresses', () => {
    for (const address of ['ws://unix/tmp', 'http://x/', 'no address']) {
      assert.equal(socketAddress(address), undefined);
    }
  });
});
