import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Admission } from '../../../src/websocket/server/admission.ts';

describe('admission', () => {
  it('counts in to the cap, and out again', () => {
    const admission = new Admission({ maxConnections: 2, maxConnectionsPerAddress: 10 });
    assert.deepEqual([admission.enter('a'), admission.enter('b'), admission.enter('c')], [true, true, false]);
    admission.leave('a');
    assert.deepEqual([admission.enter('c'), admission.enter('c')], [true, false]);
    assert.equal(admission.refused, 2);
  });

  it('counts each address by itself', () => {
    const admission = new Admission({ maxConnections: 10, maxConnectionsPerAddress: 2 });
    assert.deepEqual([admission.enter('a'), admission.enter('a'), admission.enter('a')], [true, true, false]);
    assert.equal(admission.enter('b'), true);
    admission.leave('a');
    assert.deepEqual([admission.enter('a'), admission.enter('a')], [true, false]);
  });

  it('takes any name for an address', () => {
    const admission = new Admission({ maxConnections: 10, maxConnectionsPerAddress: 1 });
    for (const address of ['__proto__', 'constructor', '', '::1'])
      assert.equal(admission.enter(address), true);
    assert.equal(admission.enter('__proto__'), false);
  });
});
