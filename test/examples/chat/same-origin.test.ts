import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOriginAllowed } from '../../../examples/chat/same-origin.ts';

const allowed = new Set(['https://friend.example']);

describe('origin check', () => {
  const passes: [string, string | undefined, string][] = [
    ['no Origin: not a browser', undefined, 'chat.example'],
    ['the same host', 'https://chat.example', 'chat.example'],
    ['the same host and port', 'http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['a host written in capitals', 'http://localhost:8080', 'LocalHost:8080'],
    ['an IPv6 host', 'http://[::1]:8080', '[::1]:8080'],
    ['an origin on the list', 'https://friend.example', 'chat.example'],
  ];
  for (const [what, origin, host] of passes) {
    it(`${what} passes`, () => assert.equal(isOriginAllowed(origin, host, allowed), true));
  }

  const fails: [string, string, string | undefined][] = [
    ['another host', 'https://evil.example', 'chat.example'],
    ['another port', 'http://127.0.0.1:8081', '127.0.0.1:8080'],
    ['a host that ends the same', 'https://notchat.example', 'chat.example'],
    ['a host that begins the same', 'https://chat.example.evil.example', 'chat.example'],
    ['our host as user name', 'https://chat.example@evil.example', 'chat.example'],
    ['our host with a user name', 'https://user@chat.example', 'chat.example'],
    ['a trailing dot', 'https://chat.example.', 'chat.example'],
    ['a path', 'https://chat.example/', 'chat.example'],
    ['capitals, which no browser sends', 'https://CHAT.example', 'chat.example'],
    ['the listed origin with a port', 'https://friend.example:444', 'chat.example'],
    ['the listed host by another scheme', 'http://friend.example', 'chat.example'],
    ['another scheme', 'ftp://chat.example', 'chat.example'],
    ['an opaque origin', 'null', 'chat.example'],
    ['an empty origin', '', 'chat.example'],
    ['two origins', 'https://chat.example https://evil.example', 'chat.example'],
    ['a request without Host', 'https://chat.example', undefined],
  ];
  for (const [what, origin, host] of fails) {
    it(`${what} fails`, () => assert.equal(isOriginAllowed(origin, host, allowed), false));
  }
});
