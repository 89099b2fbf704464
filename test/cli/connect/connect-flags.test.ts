import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from 'commander';
import {
  collectHeader,
  parseAuth,
  parseSeconds,
  requestHeaders,
} from '../../../src/cli/connect/connect-flags.ts';

describe('flags of connect', () => {
  it('a header is split at its first colon', () => {
    assert.deepEqual(collectHeader('X-Time:  12:30 ', [['a', 'b']]), [
      ['a', 'b'],
      ['X-Time', '12:30'],
    ]);
  });

  for (const line of ['no colon', ': no name', '']) {
    it(`${JSON.stringify(line)} is no header`, () => {
      assert.throws(() => collectHeader(line, []), { name: 'CommandFailure', exitCode: 2 });
    });
  }

  it('seconds may have a fraction', () => assert.equal(parseSeconds('0.5'), 0.5));

  for (const text of ['', '-1', '1e3', 'soon', '.5', '99999999']) {
    it(`${JSON.stringify(text)} is no number of seconds`, () => {
      assert.throws(() => parseSeconds(text), InvalidArgumentError);
    });
  }

  it('a user needs a colon behind it', () => {
    assert.throws(() => parseAuth('ada'), { name: 'CommandFailure', exitCode: 2 });
    assert.equal(parseAuth('ada:'), 'ada:');
  });

  it('a header may be repeated, and authentication wins over -H', () => {
    const header: [string, string][] = [
      ['authorization', 'Bearer x'],
      ['X-Test', '1'],
      ['X-Test', '2'],
    ];
    const flags = { header, check: true };
    assert.deepEqual(requestHeaders(flags), header);
    assert.deepEqual(requestHeaders({ ...flags, auth: 'ada:pässword' }), [
      ['X-Test', '1'],
      ['X-Test', '2'],
      ['Authorization', 'Basic YWRhOnDDpHNzd29yZA=='],
    ]);
  });
});
