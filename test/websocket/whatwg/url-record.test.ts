// Which URLs a WebSocket object takes (https://websockets.spec.whatwg.org/#get-a-url-record).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pageOrigin, urlRecord } from '../../../src/websocket/whatwg/url-record.ts';
import { atPage } from './page.ts';

describe('a URL record', () => {
  it('is made of an absolute URL as the URL standard parses it', () => {
    for (const [text, href] of [
      ['ws://example.com', 'ws://example.com/'],
      ['WSS://EXAMPLE.com:443/a/../b?c', 'wss://example.com/b?c'],
      ['http://example.com:80/', 'ws://example.com/'],
      ['http://example.com:443/', 'ws://example.com:443/'],
      ['https://example.com:80/', 'wss://example.com:80/'],
      ['  ws://example.com/  ', 'ws://example.com/'],
      ['ws:example.com', 'ws://example.com/'],
      ['ws://user:pass@[::1]:8080/', 'ws://user:pass@[::1]:8080/'],
      ['ws://\u00fc.example/\ud800', 'ws://xn--tda.example/%EF%BF%BD'],
    ] as const) {
      assert.equal(urlRecord(text).href, href, text);
    }
  });

  it('is resolved against the page', (t) => {
    atPage(t, { href: 'https://example.com/app/page?q#f', origin: 'https://example.com' });
    for (const [text, href] of [
      ['chat', 'wss://example.com/app/chat'],
      ['/chat', 'wss://example.com/chat'],
      ['?a', 'wss://example.com/app/page?a'],
      ['', 'wss://example.com/app/page?q'],
      ['//other.example/', 'wss://other.example/'],
      ['ws://other.example/', 'ws://other.example/'],
    ] as const) {
      assert.equal(urlRecord(text).href, href, text);
    }
    assert.throws(() => urlRecord('#fragment'), { name: 'SyntaxError' });
    assert.equal(pageOrigin(), 'https://example.com');
  });

  it('knows no page where location is none', (t) => {
    assert.equal(pageOrigin(), undefined);
    atPage(t, { pathname: '/not/a/location' });
    assert.equal(pageOrigin(), undefined);
    assert.throws(() => urlRecord('chat'), { name: 'SyntaxError' });
  });
});
