import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAuthority, parseRequestTarget } from '../../../src/protocol/handshake/request-target.ts';

describe('request target', () => {
  for (const [target, path, query, authority] of [
    ['/', '/', '', undefined],
    ['/chat', '/chat', '', undefined],
    ['/chat?a=1&b=?2', '/chat', 'a=1&b=?2', undefined],
    ['/?', '/', '', undefined],
    ['/a%20b%zz?%00', '/a%20b%zz', '%00', undefined],
    ['/../a//b/.', '/../a//b/.', '', undefined],
    ['//evil.example/a', '//evil.example/a', '', undefined],
    ['/http://a.example/', '/http://a.example/', '', undefined],
    ['/{}|^`"<>\\[]', '/{}|^`"<>\\[]', '', undefined],
    ['http://a.example/chat?x', '/chat', 'x', 'a.example'],
    ['HTTPS://a.example:8443/', '/', '', 'a.example:8443'],
    ['http://a.example', '/', '', 'a.example'],
    ['http://a.example?x', '/', 'x', 'a.example'],
    ['http://[::1]:80/x', '/x', '', '[::1]:80'],
  ] as const) {
    it(`${target} is ${path} with ${JSON.stringify(query)} (4.2.1, item 1; RFC 9112, 3.2)`, () => {
      assert.deepEqual(parseRequestTarget(target), { path, query, authority });
    });
  }

  for (const target of [
    '',
    '*',
    'chat',
    'a.example:80',
    '?x',
    '/a#b',
    '/a b',
    '/a\0',
    '/a\r\n',
    '/\u00e9',
    '/\u0141',
    'ws://a.example/',
    'ftp://a.example/',
    'ldap://a.example/',
    'httpx://a.example/',
    'http:///a',
    'http://user@a.example/',
    'http://a.example:99999/',
    'http:/a',
    '://a',
  ]) {
    it(`${JSON.stringify(target)} is refused (4.2.1, item 1)`, () => {
      assert.equal(parseRequestTarget(target), undefined);
    });
  }
});

describe('authority', () => {
  for (const text of [
    'a',
    'a.example',
    'a.example.',
    'A.EXAMPLE:80',
    'a.example:',
    'xn--bcher-kva.example',
    '127.0.0.1:65535',
    '[::1]',
    '[::ffff:127.0.0.1]:0',
    'under_score:1',
  ]) {
    it(`${text} is one (RFC 3986, 3.2)`, () => assert.equal(isAuthority(text), true));
  }

  for (const text of [
    '',
    ':80',
    'a:65536',
    'a:-1',
    'a:8 0',
    'a:80:80',
    'a, b',
    'a b',
    'user@a',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    '[]',
    '[::1',
    '[::1]a',
    '[::1%25eth0]',
    '::1',
    'a^b',
    'a`b',
    'a|b',
    'b\u00fccher.example',
    'a\0',
  ]) {
    it(`${JSON.stringify(text)} is none (RFC 9112, 3.2)`, () => assert.equal(isAuthority(text), false));
  }
});
