// What is read out of a WebSocket URL (RFC 6455, section 3).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basicCredentials, serverAddress } from '../../../src/websocket/client/server-address.ts';

describe('the address of a server', () => {
  it('has the default ports 80 and 443', () => {
    assert.equal(serverAddress(new URL('ws://example.com/')).port, 80);
    assert.equal(serverAddress(new URL('wss://example.com/')).port, 443);
    assert.equal(serverAddress(new URL('ws://example.com:443/')).port, 443);
  });

  it('has the host without brackets, and the authority with them', () => {
    assert.deepEqual(serverAddress(new URL('wss://user:pass@[::1]:8080/a/b?c')), {
      host: '::1',
      port: 8080,
      isSecure: true,
      authority: '[::1]:8080',
      resource: '/a/b?c',
    });
  });

  it('has the resource name "/" where the path is empty, and what the URL standard encodes', () => {
    assert.equal(serverAddress(new URL('ws://example.com')).resource, '/');
    assert.equal(serverAddress(new URL('ws://example.com?a b')).resource, '/?a%20b');
    assert.equal(serverAddress(new URL('ws://example.com/ä\r\nX: y')).resource, '/%C3%A4X:%20y');
  });
});

describe('basic credentials', () => {
  it('are those of the user information, decoded', () => {
    const decode = (url: string): string | undefined => {
      const credentials = basicCredentials(new URL(url));
      return credentials && Buffer.from(credentials.slice('Basic '.length), 'base64').toString();
    };
    assert.equal(decode('ws://example.com/'), undefined);
    assert.equal(decode('ws://a@example.com/'), 'a:');
    assert.equal(decode('ws://:b@example.com/'), ':b');
    assert.equal(decode('ws://a%40b:c%3Ad@example.com/'), 'a@b:c:d');
    assert.equal(decode('ws://a:100%@example.com/'), 'a:100%');
  });
});
