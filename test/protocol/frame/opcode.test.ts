import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isControl, isReserved, Opcode } from '../../../src/protocol/frame/opcode.ts';

describe('opcodes', () => {
  const known: ReadonlySet<number> = new Set(Object.values(Opcode));
  for (let opcode = 0; opcode < 16; opcode += 1) {
    it(`${opcode} is ${known.has(opcode) ? 'defined' : 'reserved'} (5.2)`, () =>
      assert.equal(isReserved(opcode), !known.has(opcode)));
    it(`${opcode} is of a ${opcode < 8 ? 'data' : 'control'} frame (5.5, 5.6)`, () =>
      assert.equal(isControl(opcode), opcode >= 8));
  }
});
