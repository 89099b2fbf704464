import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSendableCloseCode } from '../../../src/protocol/frame/close-code.ts';

describe('close codes', () => {
  const sendable = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ];
  const reserved = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];

  for (const code of sendable) {
    it(`endpoint may send ${code} (7.4)`, () => assert.equal(isSendableCloseCode(code), true));
  }
  for (const code of reserved) {
    it(`endpoint must not send ${code} (7.4)`, () => assert.equal(isSendableCloseCode(code), false));
  }
});
