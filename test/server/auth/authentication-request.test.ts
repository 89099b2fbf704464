import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  readOpeningRequest,
  type TokenFromOptions,
} from '../../../src/server/auth/authentication-request.ts';
import type { AuthenticationRequest } from '../../../src/server/index.ts';
import { OriginPolicy, type UpgradeRequest } from '../../../src/websocket/index.ts';

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly protocols?: readonly string[];
  readonly origin?: string;
}

function read(
  { headers = {}, query = '', protocols = [], origin }: Sent,
  tokenFrom?: TokenFromOptions,
): AuthenticationRequest {
  const request: UpgradeRequest = {
    url: `/?${query}`,
    path: '/',
    query: new URLSearchParams(query),
    host: 'example.com',
    headers: { get: (name) => headers[name] },
    protocols,
    origin,
    remoteAddress: '127.0.0.1',
    isSecure: true,
    httpVersion: '1.1',
    raw: undefined,
  };
  return readOpeningRequest(request, { origins: new OriginPolicy(), ...(tokenFrom && { tokenFrom }) });
}

const bearer = (token: string): string => `bearer.${Buffer.from(token).toString('base64url')}`;

describe('authentication request', () => {
  const authorization = 'Bearer from-header';
  const cookie = 'session=from-cookie';
  const origin = 'https://example.com';
  const cases: [string, Sent, TokenFromOptions | undefined, string | undefined, string | undefined][] = [
    ['a subprotocol', { protocols: [bearer('from-offer')] }, undefined, 'from-offer', 'subprotocol'],
    ['Authorization', { headers: { authorization } }, undefined, 'from-header', 'authorization'],
    [
      'Authorization in any case',
      { headers: { authorization: 'bEARER  x ' } },
      undefined,
      'x',
      'authorization',
    ],
    [
      'the cookie that is named',
      { headers: { cookie }, origin },
      { cookie: 'session' },
      'from-cookie',
      'cookie',
    ],
    [
      'no cookie that nobody named',
      { headers: { cookie: 'token=x' }, origin },
      undefined,
      undefined,
      undefined,
    ],
    ['the query where it is named', { query: 'key=from-query' }, { query: 'key' }, 'from-query', 'query'],
    [
      'the subprotocol before Authorization',
      { protocols: [bearer('first')], headers: { authorization } },
      undefined,
      'first',
      'subprotocol',
    ],
    [
      'Authorization before the cookie',
      { headers: { authorization, cookie }, origin },
      { cookie: 'session' },
      'from-header',
      'authorization',
    ],
    ['no cookie that is not named', { headers: { cookie }, origin }, undefined, undefined, undefined],
    ['no cookie without Origin', { headers: { cookie } }, { cookie: 'session' }, undefined, undefined],
    [
      'no cookie from a page elsewhere',
      { headers: { cookie }, origin: 'https://evil.test' },
      { cookie: 'session' },
      undefined,
      undefined,
    ],
    ['no query that is not named', { query: 'token=x' }, undefined, undefined, undefined],
    ['no other scheme', { headers: { authorization: 'Digest x' } }, undefined, undefined, undefined],
    ['no base64url that is none', { protocols: ['bearer.a b'] }, undefined, undefined, undefined],
    ['no empty token', { protocols: ['bearer.'] }, undefined, undefined, undefined],
  ];
  for (const [name, sent, tokenFrom, token, source] of cases) {
    it(`takes ${name}`, () => {
      const request = read(sent, tokenFrom);
      assert.deepEqual([request.token, request.tokenSource], [token, source]);
    });
  }

  it('reads Basic: the user ends at the first colon', () => {
    const encoded = Buffer.from('ada:pass:wörd').toString('base64');
    assert.deepEqual(read({ headers: { authorization: `Basic ${encoded}` } }).basic, {
      user: 'ada',
      password: 'pass:wörd',
    });
    for (const value of [
      'Basic',
      'Basic !!!',
      `Basic ${Buffer.from('no colon').toString('base64')}`,
      `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`,
    ]) {
      assert.equal(read({ headers: { authorization: value } }).basic, undefined, value);
    }
  });

  it('gives cookies only to pages whose origin is allowed, and no name among them is special', () => {
    const cookies = read({ headers: { cookie: '__proto__=x; a=b' }, origin }).cookies;
    assert.deepEqual(
      [...cookies],
      [
        ['__proto__', 'x'],
        ['a', 'b'],
      ],
    );
    assert.equal(read({ headers: { cookie } }).cookies.size, 0);
  });
});
