import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Admission,
  type AdmissionLimits,
  ProcessAdmission,
} from '../../../src/websocket/server/admission.ts';

function open(limits: Partial<AdmissionLimits>, process = new ProcessAdmission()) {
  const refused: string[] = [];
  const many = 1000;
  const admission = new Admission(
    {
      maxConnections: many,
      maxConnectionsPerAddress: many,
      maxHandshakes: many,
      maxHandshakesPerAddress: many,
      ...limits,
    },
    (limit) => refused.push(limit),
    process,
  );
  return { admission, refused };
}

describe('admission', () => {
  it('counts in to the cap, and out again', () => {
    const { admission, refused } = open({ maxConnections: 2 });
    assert.deepEqual([admission.enter('a'), admission.enter('b'), admission.enter('c')], [true, true, false]);
    admission.settle('a');
    admission.leave('a');
    assert.deepEqual([admission.enter('c'), admission.enter('c')], [true, false]);
    assert.deepEqual(refused, ['maxConnections', 'maxConnections']);
  });

  it('counts all servers of a process together, to the highest of their caps', () => {
    const process = new ProcessAdmission();
    const small = open({ maxConnections: 2, maxHandshakes: 1 }, process);
    const large = open({ maxConnections: 3, maxHandshakes: 2 }, process);
    assert.deepEqual([large.admission.enter('a'), large.admission.enter('a')], [true, true]);
    assert.equal(small.admission.enter('a'), false);
    large.admission.settle('a');
    assert.deepEqual([small.admission.enter('a'), small.admission.enter('a')], [true, false]);
    small.admission.settle('a');
    large.admission.settle('a');
    assert.equal(small.admission.enter('a'), false);
    small.admission.leave('a');
    assert.equal(small.admission.enter('a'), true);
    assert.deepEqual(small.refused, ['maxHandshakes', 'maxConnections', 'maxConnections']);
  });

  it('counts each address by itself', () => {
    const { admission, refused } = open({ maxConnectionsPerAddress: 2 });
    assert.deepEqual([admission.enter('a'), admission.enter('a'), admission.enter('a')], [true, true, false]);
    assert.equal(admission.enter('b'), true);
    admission.leave('a');
    assert.deepEqual([admission.enter('a'), admission.enter('a')], [true, false]);
    assert.deepEqual(refused, ['maxConnectionsPerAddress', 'maxConnectionsPerAddress']);
  });

  it('counts handshakes until they are settled', () => {
    const { admission, refused } = open({ maxHandshakes: 2, maxHandshakesPerAddress: 1 });
    assert.deepEqual([admission.enter('a'), admission.enter('a')], [true, false]);
    assert.deepEqual([admission.enter('b'), admission.enter('c')], [true, false]);
    admission.settle('a');
    assert.deepEqual([admission.enter('a'), admission.enter('c')], [true, false]);
    assert.deepEqual(refused, ['maxHandshakesPerAddress', 'maxHandshakes', 'maxHandshakes']);
  });

  it('counts a client behind a proxy when it is known', () => {
    const { admission, refused } = open({ maxConnectionsPerAddress: 1 });
    assert.deepEqual([admission.enter(undefined), admission.enter(undefined)], [true, true]);
    assert.deepEqual([admission.identify('a'), admission.identify('a')], [true, false]);
    assert.deepEqual(refused, ['maxConnectionsPerAddress']);
  });

  it('takes the first 64 bits of an IPv6 address for the client, who has all the others', () => {
    const { admission } = open({ maxConnectionsPerAddress: 1 });
    assert.equal(admission.enter('2001:db8::1'), true);
    assert.equal(admission.enter('2001:db8::2'), false);
    assert.equal(admission.enter('2001:db8:0:1::1'), true);
  });

  it('takes any name for an address', () => {
    const { admission } = open({ maxConnectionsPerAddress: 1 });
    for (const address of ['__proto__', 'constructor', '', '::1'])
      assert.equal(admission.enter(address), true);
    assert.equal(admission.enter('__proto__'), false);
  });
});
