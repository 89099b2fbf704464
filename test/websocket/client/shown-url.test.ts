import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownUrl } from '../../../src/websocket/client/shown-url.ts';

describe('a URL in a message', () => {
  for (const [url, shown] of [
    ['wss://a.example/chat', 'wss://a.example/chat'],
    ['wss://a.example/chat?token=secret', 'wss://a.example/chat?…'],
    ['wss://a.example/chat#secret', 'wss://a.example/chat#…'],
    ['wss://a.example?a=b@c', 'wss://a.example?…'],
    ['wss://ann:secret@a.example/chat', 'wss://a.example/chat'],
    ['wss://ann:sec@ret@a.example:81/chat@2', 'wss://a.example:81/chat@2'],
    ['ann:secret@a.example', 'a.example'],
    ['not a URL', 'not a URL'],
    ['wss://ann:secret@', 'wss://'],
    ['', ''],
  ] as const) {
    it(`is ${JSON.stringify(shown)} for ${JSON.stringify(url)}`, () => assert.equal(shownUrl(url), shown));
  }
});
