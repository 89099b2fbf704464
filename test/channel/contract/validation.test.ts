import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  maxPayloadIssues,
  type StandardIssue,
  type StandardSchema,
  validate,
} from '../../../src/channel/index.ts';

function failing(...issues: StandardIssue[]): StandardSchema {
  return { '~standard': { version: 1, vendor: 'hand', validate: () => ({ issues }) } };
}

function pathOf(path: StandardIssue['path']): string {
  const validation = validate(failing({ message: 'no', path }), null);
  assert.ok(validation.type === 'invalid');
  return validation.issues[0]!.path;
}

describe('validation', () => {
  it('writes paths as one would in code', () => {
    assert.equal(pathOf(undefined), '$');
    assert.equal(pathOf([]), '$');
    assert.equal(pathOf(['a', 0, 'b_1']), '$.a[0].b_1');
    assert.equal(pathOf([{ key: 'a' }, { key: 3 }]), '$.a[3]');
    assert.equal(pathOf(['two words', '', '0', '__proto__', 'ä']), '$["two words"][""]["0"].__proto__["ä"]');
    assert.equal(pathOf(['a.b', '"]', Symbol('s')]), '$["a.b"]["\\"]"]["Symbol(s)"]');
  });

  it('bounds what it tells, however much a stranger caused', () => {
    const long = 'x'.repeat(100_000);
    const issues = new Array<StandardIssue>(1_000).fill({
      message: long,
      path: new Array<string>(1_000).fill(long),
    });
    const validation = validate(failing(...issues), null);
    assert.ok(validation.type === 'invalid');
    assert.equal(validation.issues.length, maxPayloadIssues);
    for (const { path, message } of validation.issues) assert.ok(path.length <= 200 && message.length <= 200);
  });

  it('hands out what the schema made of the value', () => {
    const doubling: StandardSchema<number> = {
      '~standard': { version: 1, vendor: 'hand', validate: (value) => ({ value: Number(value) * 2 }) },
    };
    assert.deepEqual(validate(doubling, 2), { type: 'valid', value: 4 });
  });
});
