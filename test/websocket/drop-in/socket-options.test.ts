import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { resolveClientOptions } from '../../../src/websocket/client/client-options.ts';
import { ownOptions } from '../../../src/websocket/drop-in/socket-options.ts';

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

  it('takes the agent before createConnection, and no agent for false', () => {
    const agent = new Agent();
    const createConnection = (): Duplex => assert.fail('not asked');
    assert.equal(
      resolveClientOptions(ownOptions({ agent, createConnection }), undefined).route.type,
      'agent',
    );
    assert.equal(resolveClientOptions(ownOptions({ agent: false }), undefined).route.type, 'direct');
  });

  it('gives createConnection what net.connect takes', async () => {
    let given: unknown;
    const { createConnection } = ownOptions({
      createConnection: (options) => {
        given = options;
        return undefined as unknown as Duplex;
      },
    });
    await createConnection?.({ host: 'h', port: 81, isSecure: false, authority: 'h:81', resource: '/p?q' });
    assert.deepEqual(given, { host: 'h', port: 81, path: '/p?q' });
  });
});
