import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isUtf8 } from '../../../src/protocol/bytes/utf8.ts';
import { ProtocolError, UsageError } from '../../../src/protocol/errors.ts';
import { parseClosePayload, serializeClosePayload } from '../../../src/protocol/frame/close-payload.ts';
import { hex, show } from '../hex.ts';

describe('the body of a Close that came', () => {
  const legal: [body: string, code: number, reason: string][] = [
    ['', 1005, ''],
    ['03 e8', 1000, ''],
    ['03 e9 62 79 65', 1001, 'bye'],
    ['03 f6', 1014, ''],
    ['0b b8', 3000, ''],
    ['13 87 e2 82 ac', 4999, '€'],
    ['03 e8 ef bb bf 78', 1000, '\ufeffx'],
    ['03 e8 00', 1000, '\0'],
  ];
  for (const [body, code, reason] of legal) {
    it(`${body || 'of nothing'} is ${code} ${JSON.stringify(reason)} (5.5.1, 7.1.5, 7.1.6)`, () =>
      assert.deepEqual(parseClosePayload(hex(body), isUtf8), { code, reason }));
  }

  const illegal: [body: string, code: string, closeCode: number][] = [
    ['03', 'CLOSE_BODY_INVALID', 1002],
    ['00 00', 'CLOSE_CODE_INVALID', 1002],
    ['03 e7', 'CLOSE_CODE_INVALID', 1002],
    ['03 ec', 'CLOSE_CODE_INVALID', 1002],
    ['03 ed', 'CLOSE_CODE_INVALID', 1002],
    ['03 ee', 'CLOSE_CODE_INVALID', 1002],
    ['03 f7', 'CLOSE_CODE_INVALID', 1002],
    ['03 f8', 'CLOSE_CODE_INVALID', 1002],
    ['0b b7', 'CLOSE_CODE_INVALID', 1002],
    ['13 88', 'CLOSE_CODE_INVALID', 1002],
    ['ff ff', 'CLOSE_CODE_INVALID', 1002],
    ['03 e8 ff', 'INVALID_UTF8', 1007],
    ['03 e8 e2 82', 'INVALID_UTF8', 1007],
    ['03 e8 c0 80', 'INVALID_UTF8', 1007],
    ['03 e8 ed a0 80', 'INVALID_UTF8', 1007],
  ];
  for (const [body, code, closeCode] of illegal) {
    it(`${body} is ${code} and answered with ${closeCode} (5.5.1, 7.4, 8.1)`, () => {
      const error = parseClosePayload(hex(body), isUtf8);
      assert.ok(error instanceof ProtocolError);
      assert.equal(error.code, code);
      assert.equal(error.closeCode, closeCode);
    });
  }
});

describe('the body of a Close to be sent', () => {
  it('is nothing without a code (5.5.1)', () => assert.equal(show(serializeClosePayload()), 'nothing'));
  it('begins with the code in network byte order (5.5.1)', () =>
    assert.equal(show(serializeClosePayload(1000)), '03 e8'));
  it('has the reason in UTF-8 behind the code (5.5.1)', () =>
    assert.equal(show(serializeClosePayload(4001, 'é€')), '0f a1 c3 a9 e2 82 ac'));
  it('replaces a lone surrogate, which has no UTF-8 form (8.1)', () =>
    assert.equal(show(serializeClosePayload(1000, '\ud800')), '03 e8 ef bf bd'));
  it('may have a reason of 123 bytes (5.5)', () =>
    assert.equal(serializeClosePayload(1000, 'x'.repeat(123)).length, 125));

  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536, -1, 1000.5, Number.NaN]) {
    it(`must not have the code ${code} (7.4)`, () =>
      assert.throws(() => serializeClosePayload(code), UsageError));
  }
  it('must not be longer than 125 bytes, counted in UTF-8 (5.5)', () => {
    assert.throws(() => serializeClosePayload(1000, 'x'.repeat(124)), UsageError);
    assert.throws(() => serializeClosePayload(1000, '€'.repeat(42)), UsageError);
  });
  it('has no reason without a code (5.5.1)', () =>
    assert.throws(() => serializeClosePayload(undefined, 'bye'), UsageError));
});
