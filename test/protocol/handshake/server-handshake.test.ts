import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HandshakeRejection, RejectionCode } from '../../../src/protocol/handshake/handshake-error.ts';
import {
  checkUpgradeRequest,
  type OpeningRequest,
} from '../../../src/protocol/handshake/server-handshake.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

const goodFields: Record<string, string> = {
  host: 'server.example.com',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': key,
  'sec-websocket-version': '13',
};

type Change = { method?: string; httpVersion?: string; target?: string } & {
  [field: string]: string | undefined;
};

/** Checks the RFC's request with some of its parts replaced; undefined takes a field away. */
function check(change: Change = {}): OpeningRequest | HandshakeRejection {
  const { method = 'GET', httpVersion = '1.1', target = '/chat', ...fields } = change;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries({ ...goodFields, ...fields })) {
    if (value !== undefined) headers.set(name, value);
  }
  return checkUpgradeRequest({ method, httpVersion, target, headers });
}

function accepted(change: Change = {}): OpeningRequest {
  const result = check(change);
  assert.equal(result.type, 'request');
  return result as OpeningRequest;
}

describe('server accepts', () => {
  it('a body of no bytes, which the JDK announces', () => {
    assert.equal(accepted({ 'content-length': '0' }).path, '/chat');
  });

  it("the RFC's request (1.2)", () => {
    const request = accepted({
      origin: 'http://example.com',
      'sec-websocket-protocol': 'chat, superchat',
    });
    assert.deepEqual(request, {
      type: 'request',
      path: '/chat',
      query: '',
      host: 'server.example.com',
      key,
      origin: 'http://example.com',
      protocols: ['chat', 'superchat'],
      extensions: [],
    });
    assert.ok(Object.isFrozen(request));
  });

  it('an HTTP version above 1.1 (4.2.1, item 1)', () => {
    accepted({ httpVersion: '1.2' });
    accepted({ httpVersion: '2.0' });
  });

  it('an absolute target, whose host counts above the field (4.2.1, item 1; RFC 9112, 3.2.2)', () => {
    const request = accepted({ target: 'http://b.example:81/x?y' });
    assert.deepEqual([request.host, request.path, request.query], ['b.example:81', '/x', 'y']);
  });

  it('Upgrade in any case and in a list (4.2.1, item 3)', () => {
    accepted({ upgrade: 'WebSocket' });
    accepted({ upgrade: 'h2c, WEBSOCKET' });
  });

  it('Connection in any case and in a list (4.2.1, item 4)', () => {
    accepted({ connection: 'keep-alive, UPGRADE' });
  });

  it('a request without Origin, which is not a browser’s (4.2.1, item 7)', () => {
    assert.equal(accepted().origin, undefined);
  });

  it('an Origin of any form, for the application to judge (4.2.1, item 7)', () => {
    assert.equal(accepted({ origin: 'file://' }).origin, 'file://');
  });

  it('offered extensions, in order (4.2.1, item 9)', () => {
    const { extensions } = accepted({ 'sec-websocket-extensions': 'a; b=1, c' });
    assert.deepEqual(
      extensions.map(({ name }) => name),
      ['a', 'c'],
    );
  });

  it('fields it does not know, whatever their names (4.2.1, item 10)', () => {
    accepted({ ['__proto__' as string]: 'x', constructor: 'y', 'sec-websocket-accept': 'z' } as Change);
  });
});

describe('server refuses', () => {
  const rows: [name: string, change: Change, code: RejectionCode, status: number][] = [
    ['a method other than GET (4.2.1, item 1)', { method: 'POST' }, 'METHOD_NOT_ALLOWED', 405],
    ['the method get in lower case (4.2.1, item 1)', { method: 'get' }, 'METHOD_NOT_ALLOWED', 405],
    ['HTTP/1.0 (4.2.1, item 1)', { httpVersion: '1.0' }, 'HTTP_VERSION_TOO_LOW', 400],
    ['HTTP/0.9 (4.2.1, item 1)', { httpVersion: '0.9' }, 'HTTP_VERSION_TOO_LOW', 400],
    ['a version that is no version (4.2.1, item 1)', { httpVersion: '1.1.1' }, 'HTTP_VERSION_TOO_LOW', 400],
    ['a target that is no path (4.2.1, item 1)', { target: '*' }, 'TARGET_INVALID', 400],
    ['a target with a fragment (3)', { target: '/chat#a' }, 'TARGET_INVALID', 400],
    ['a body of a given length', { 'content-length': '5' }, 'BODY_NOT_ALLOWED', 400],
    ['a body in chunks', { 'transfer-encoding': 'chunked' }, 'BODY_NOT_ALLOWED', 400],
    ['a missing Host (4.2.1, item 2)', { host: undefined }, 'HOST_INVALID', 400],
    ['an empty Host (4.2.1, item 2)', { host: '' }, 'HOST_INVALID', 400],
    ['two Hosts (4.2.1, item 2)', { host: 'a.example, b.example' }, 'HOST_INVALID', 400],
    [
      'a missing Host beside an absolute target (RFC 9112, 3.2)',
      { target: 'http://a/', host: undefined },
      'HOST_INVALID',
      400,
    ],
    ['a missing Upgrade (4.2.1, item 3)', { upgrade: undefined }, 'UPGRADE_MISSING', 426],
    ['another Upgrade (4.2.1, item 3)', { upgrade: 'h2c' }, 'UPGRADE_MISSING', 426],
    [
      'an Upgrade that only contains the word (4.2.1, item 3)',
      { upgrade: 'websockets' },
      'UPGRADE_MISSING',
      426,
    ],
    ['a missing Connection (4.2.1, item 4)', { connection: undefined }, 'CONNECTION_NOT_UPGRADE', 426],
    ['another Connection (4.2.1, item 4)', { connection: 'keep-alive' }, 'CONNECTION_NOT_UPGRADE', 426],
    ['a missing key (4.2.1, item 5)', { 'sec-websocket-key': undefined }, 'KEY_INVALID', 400],
    [
      'a key of 15 bytes (4.2.1, item 5)',
      { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAA' },
      'KEY_INVALID',
      400,
    ],
    ['two keys (11.3.1)', { 'sec-websocket-key': `${key}, ${key}` }, 'KEY_INVALID', 400],
    ['a missing version (4.2.1, item 6)', { 'sec-websocket-version': undefined }, 'VERSION_UNSUPPORTED', 426],
    ['version 8 (4.2.2, item 4)', { 'sec-websocket-version': '8' }, 'VERSION_UNSUPPORTED', 426],
    ['version 255 (4.2.2, item 4)', { 'sec-websocket-version': '255' }, 'VERSION_UNSUPPORTED', 426],
    ['version 256 (4.1, item 9)', { 'sec-websocket-version': '256' }, 'VERSION_INVALID', 400],
    ['version 013 (4.1, item 9)', { 'sec-websocket-version': '013' }, 'VERSION_INVALID', 400],
    ['version -1 (4.1, item 9)', { 'sec-websocket-version': '-1' }, 'VERSION_INVALID', 400],
    ['an empty version (4.1, item 9)', { 'sec-websocket-version': '' }, 'VERSION_INVALID', 400],
    ['two versions (11.3.5)', { 'sec-websocket-version': '13, 13' }, 'VERSION_INVALID', 400],
    [
      'an empty list of subprotocols (4.1, item 10)',
      { 'sec-websocket-protocol': '' },
      'PROTOCOLS_INVALID',
      400,
    ],
    ['a subprotocol twice (4.1, item 10)', { 'sec-websocket-protocol': 'a, a' }, 'PROTOCOLS_INVALID', 400],
    [
      'a subprotocol that is no token (4.1, item 10)',
      { 'sec-websocket-protocol': 'a/b' },
      'PROTOCOLS_INVALID',
      400,
    ],
    ['extensions that cannot be read (9.1)', { 'sec-websocket-extensions': 'a;' }, 'EXTENSIONS_INVALID', 400],
  ];

  for (const [name, change, code, status] of rows) {
    it(`${name} with ${status}`, () => {
      const result = check(change) as HandshakeRejection;
      assert.deepEqual([result.type, result.code, result.status], ['rejection', code, status]);
      assert.ok(result.body.endsWith('.'), result.body);
    });
  }

  it('another version with the one it speaks (4.2.2, item 4; 4.4)', () => {
    const { headers } = check({ 'sec-websocket-version': '25' }) as HandshakeRejection;
    assert.deepEqual(new Map(headers).get('Sec-WebSocket-Version'), '13');
    assert.deepEqual(new Map(headers).get('Upgrade'), 'websocket');
  });

  it('a plain request with what to upgrade to (RFC 9110, 15.5.22)', () => {
    const { headers } = check({ upgrade: undefined }) as HandshakeRejection;
    assert.deepEqual(headers, [['Upgrade', 'websocket']]);
  });

  it('another method with the one allowed (RFC 9110, 15.5.6)', () => {
    assert.deepEqual((check({ method: 'PUT' }) as HandshakeRejection).headers, [['Allow', 'GET']]);
  });

  it('more subprotocols and extensions than the limits say', () => {
    const headers = new Map(
      Object.entries({ ...goodFields, 'sec-websocket-protocol': 'a,b', 'sec-websocket-extensions': 'a,b' }),
    );
    const request = { method: 'GET', httpVersion: '1.1', target: '/', headers };
    assert.equal(checkUpgradeRequest(request).type, 'request');
    const codeWith = (limits: object) => (checkUpgradeRequest(request, limits) as HandshakeRejection).code;
    assert.equal(codeWith({ maxProtocols: 1 }), 'PROTOCOLS_INVALID');
    assert.equal(codeWith({ maxExtensions: 1 }), 'EXTENSIONS_INVALID');
  });
});
