import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLine, type TypedLine } from '../../../src/cli/connect/slash-command.ts';

describe('a line typed into connect', () => {
  const lines: [string, TypedLine][] = [
    ['hello', { type: 'send', text: 'hello' }],
    [' spaces stay ', { type: 'send', text: ' spaces stay ' }],
    ['//path', { type: 'send', text: '/path' }],
    ['/ping', { type: 'ping', text: '' }],
    ['/ping how far?', { type: 'ping', text: 'how far?' }],
    ['/pong', { type: 'pong', text: '' }],
    ['/close', { type: 'close', code: undefined, reason: '' }],
    ['/close 1000', { type: 'close', code: 1000, reason: '' }],
    ['/close  4001  good bye', { type: 'close', code: 4001, reason: 'good bye' }],
    ['/help', { type: 'help' }],
  ];
  for (const [line, expected] of lines) {
    it(`${line} is understood`, () => assert.deepEqual(readLine(line), expected));
  }

  for (const line of ['/', '/quit', '/close soon', '/close 10000']) {
    it(`${line} is answered with advice, not sent`, () => assert.equal(readLine(line).type, 'mistake'));
  }
});
