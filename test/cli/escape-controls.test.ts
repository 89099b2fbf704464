import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonLine } from '../../src/cli/escape-controls.ts';

describe('a line of JSON', () => {
  it('holds no control character, and nothing that turns text around', () => {
    const event = { text: 'a\n\u007f\u009b31m\u202e\u00e9 ok' };
    const line = jsonLine(event);
    assert.equal(line, '{"text":"a\\n\\u007f\\u009b31m\\u202e\u00e9 ok"}');
    assert.deepEqual(JSON.parse(line), event);
  });
});
