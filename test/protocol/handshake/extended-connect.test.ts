import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/errors.ts';
import {
  checkExtendedConnect,
  checkExtendedConnectResponse,
  type ExtendedConnectHead,
  extendedConnectAnswer,
  extendedConnectRefusal,
  extendedConnectRequest,
} from '../../../src/protocol/handshake/extended-connect.ts';
import {
  HandshakeError,
  type HandshakeRejection,
  type RejectionCode,
} from '../../../src/protocol/handshake/handshake-error.ts';

type Change = Partial<Omit<ExtendedConnectHead, 'headers'>> & { fields?: Record<string, string | undefined> };

/** Checks the RFC's request with some of its parts replaced; undefined takes one away. */
function check({ fields, ...change }: Change = {}) {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries({ 'sec-websocket-version': '13', ...fields })) {
    if (value !== undefined) headers.set(name, value);
  }
  return checkExtendedConnect({
    method: 'CONNECT',
    protocol: 'websocket',
    scheme: 'https',
    path: '/chat',
    authority: 'server.example.com',
    ...change,
    headers,
  } as ExtendedConnectHead);
}

describe('server accepts extended CONNECT', () => {
  it("of the RFC's example (RFC 8441, 5.1)", () => {
    const fields = {
      'sec-websocket-protocol': 'chat, superchat',
      'sec-websocket-extensions': 'permessage-deflate',
      origin: 'http://www.example.com',
    };
    assert.deepEqual(check({ path: '/chat?a', fields }), {
      type: 'request',
      path: '/chat',
      query: 'a',
      host: 'server.example.com',
      key: undefined,
      origin: 'http://www.example.com',
      protocols: ['chat', 'superchat'],
      extensions: [{ name: 'permessage-deflate', parameters: [] }],
    });
  });

  it('over cleartext, for ws URLs (RFC 8441, 5)', () => {
    assert.equal(check({ scheme: 'http' }).type, 'request');
  });

  it('with a Host that repeats :authority (RFC 9113, 8.3.1)', () => {
    assert.equal(check({ fields: { host: 'Server.example.com' } }).type, 'request');
  });

  it('without looking at a key (RFC 8441, 5)', () => {
    assert.equal(check({ fields: { 'sec-websocket-key': 'x' } }).type, 'request');
  });
});

describe('server refuses extended CONNECT', () => {
  const rows: [name: string, change: Change, code: RejectionCode, status: number][] = [
    ['with another method (RFC 8441, 4)', { method: 'GET' }, 'METHOD_NOT_ALLOWED', 405],
    ['without :protocol (RFC 8441, 5)', { protocol: undefined }, 'CONNECT_PROTOCOL_UNSUPPORTED', 501],
    ['for another protocol (RFC 8441, 5)', { protocol: 'connect-udp' }, 'CONNECT_PROTOCOL_UNSUPPORTED', 501],
    ['without :scheme (RFC 8441, 4)', { scheme: undefined }, 'SCHEME_INVALID', 400],
    ['with the scheme wss (RFC 8441, 5)', { scheme: 'wss' }, 'SCHEME_INVALID', 400],
    ['without :path (RFC 8441, 4)', { path: undefined }, 'TARGET_INVALID', 400],
    ['with an empty :path (RFC 9113, 8.3.1)', { path: '' }, 'TARGET_INVALID', 400],
    ['with a :path that is none', { path: 'https://a.example/' }, 'TARGET_INVALID', 400],
    ['without :authority (RFC 8441, 4)', { authority: undefined }, 'HOST_INVALID', 400],
    ['with user information in :authority', { authority: 'a@b.example' }, 'HOST_INVALID', 400],
    [
      'with another Host than :authority (RFC 9113, 8.3.1)',
      { fields: { host: 'evil.example' } },
      'HOST_INVALID',
      400,
    ],
    ['with Connection (RFC 9113, 8.2.2)', { fields: { connection: 'Upgrade' } }, 'CONNECTION_HEADER', 400],
    ['with Upgrade (RFC 9113, 8.2.2)', { fields: { upgrade: 'websocket' } }, 'CONNECTION_HEADER', 400],
    [
      'with Transfer-Encoding (RFC 9113, 8.2.2)',
      { fields: { 'transfer-encoding': 'x' } },
      'CONNECTION_HEADER',
      400,
    ],
    [
      'without a version (RFC 6455, 4.2.1, item 6)',
      { fields: { 'sec-websocket-version': undefined } },
      'VERSION_UNSUPPORTED',
      426,
    ],
    [
      'with a subprotocol twice (RFC 6455, 4.1, item 10)',
      { fields: { 'sec-websocket-protocol': 'a, a' } },
      'PROTOCOLS_INVALID',
      400,
    ],
    [
      'with extensions that cannot be read (RFC 6455, 9.1)',
      { fields: { 'sec-websocket-extensions': ';' } },
      'EXTENSIONS_INVALID',
      400,
    ],
  ];
  for (const [name, change, code, status] of rows) {
    it(`${name}, with ${status}`, () => {
      const result = check(change) as HandshakeRejection;
      assert.deepEqual([result.type, result.code, result.status], ['rejection', code, status]);
    });
  }
});

it('server refuses another version over HTTP/2 without an Upgrade field (RFC 9113, 8.2.2)', () => {
  const { headers } = check({ fields: { 'sec-websocket-version': '8' } }) as HandshakeRejection;
  assert.deepEqual(headers, [['Sec-WebSocket-Version', '13']]);
});

describe('server answers extended CONNECT', () => {
  const request = { protocols: ['chat'], extensions: [] };

  it('with status 200 and what was agreed, and no proof of a key (RFC 8441, 5)', () => {
    assert.deepEqual(extendedConnectAnswer({ request, protocol: 'chat', headers: [['Set-Cookie', 'a=b']] }), [
      [':status', '200'],
      ['sec-websocket-protocol', 'chat'],
      ['set-cookie', 'a=b'],
    ]);
  });

  it('not with what was not offered, nor with fields that cannot be written', () => {
    const wrong = [
      { request, protocol: 'x' },
      { request, extensions: [{ name: 'x', parameters: [] }] },
      { request, headers: [['Connection', 'close']] as const },
      { request, headers: [['Sec-WebSocket-Accept', 'x']] as const },
      { request, headers: [['x', 'a\r\nb']] as const },
      { request, headers: [[':status', '500']] as const },
    ];
    for (const answer of wrong) assert.throws(() => extendedConnectAnswer(answer), UsageError);
  });
});

describe('server refuses over HTTP/2', () => {
  it('with a body of plain text and fields in lower case', () => {
    assert.deepEqual(extendedConnectRefusal(401, [['WWW-Authenticate', 'Basic']], 'who?'), {
      fields: [
        [':status', '401'],
        ['content-length', '4'],
        ['content-type', 'text/plain; charset=utf-8'],
        ['www-authenticate', 'Basic'],
      ],
      content: new TextEncoder().encode('who?'),
    });
  });

  it('without the fields of an HTTP/1.1 connection (RFC 9113, 8.2.2)', () => {
    const { fields } = extendedConnectRefusal(426, [
      ['Upgrade', 'websocket'],
      ['Keep-Alive', 'timeout=1'],
      ['Proxy-Connection', 'close'],
    ]);
    assert.deepEqual(fields, [
      [':status', '426'],
      ['content-length', '0'],
    ]);
  });

  it('not with a status that refuses nothing, nor with fields that cannot be written', () => {
    assert.throws(() => extendedConnectRefusal(200), UsageError);
    assert.throws(() => extendedConnectRefusal(400, [['x', 'a\r\nb']]), UsageError);
    assert.throws(() => extendedConnectRefusal(400, [[':status', '200']]), UsageError);
    assert.throws(() => extendedConnectRefusal(400, [['Content-Length', '1']]), UsageError);
  });
});

describe('client over HTTP/2', () => {
  const target = { scheme: 'https', authority: 'server.example.com', path: '/chat' } as const;

  it("asks as the RFC's example does (RFC 8441, 5.1)", () => {
    assert.deepEqual(extendedConnectRequest({ ...target, protocols: ['chat', 'superchat'] }), [
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':authority', 'server.example.com'],
      [':path', '/chat'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-protocol', 'chat, superchat'],
    ]);
  });

  it('takes 200 and an agreed subprotocol for success (RFC 8441, 5.1)', () => {
    const headers = new Map([['sec-websocket-protocol', 'chat']]);
    assert.deepEqual(checkExtendedConnectResponse({ status: 200, headers }, { protocols: ['chat'] }), {
      protocol: 'chat',
      extensions: [],
    });
  });

  for (const status of [101, 199, 300, 403, 501]) {
    it(`fails on status ${status} (RFC 9110, 9.3.6)`, () => {
      const result = checkExtendedConnectResponse({ status, headers: new Map() }, {});
      assert.ok(result instanceof HandshakeError);
      assert.deepEqual([result.code, result.status], ['UNEXPECTED_STATUS', status]);
    });
  }

  it('fails on what was not offered (RFC 6455, 4.1, items 5 and 6)', () => {
    for (const name of ['sec-websocket-protocol', 'sec-websocket-extensions']) {
      const result = checkExtendedConnectResponse({ status: 200, headers: new Map([[name, 'x']]) }, {});
      assert.ok(result instanceof HandshakeError);
    }
  });
});
