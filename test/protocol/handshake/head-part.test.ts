import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeLatin1, HeadPart } from '../../../src/protocol/handshake/head-part.ts';

/** How many bytes are allocated while `run` runs. */
function countAllocated(run: () => void): number {
  const original = globalThis.Uint8Array;
  let allocated = 0;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, parameters, newTarget) {
      if (typeof parameters[0] === 'number') allocated += parameters[0];
      return Reflect.construct(target, parameters, newTarget);
    },
  });
  try {
    run();
  } finally {
    globalThis.Uint8Array = original;
  }
  return allocated;
}

describe('part of a head', () => {
  it('is decoded where it stands when one chunk holds it', () => {
    const part = new HeadPart((bytes, start, end) => `${bytes.length}:${start}:${end}`);
    assert.equal(part.take(new Uint8Array(9), 2, 5), '9:2:5');
  });

  it('is put together from several chunks, and the next begins empty', () => {
    const part = new HeadPart(decodeLatin1);
    part.keep(Buffer.from('xxab'), 2, 4);
    part.keep(Buffer.from('cd'), 0, 2);
    assert.equal(part.length, 4);
    assert.equal(part.take(Buffer.from('efxx'), 0, 2), 'abcdef');
    assert.equal(part.length, 0);
    part.keep(Buffer.from('g'), 0, 1);
    assert.equal(part.take(Buffer.from(''), 0, 0), 'g');
  });

  it('is copied a bounded number of times, however it comes', () => {
    const byte = new Uint8Array(1);
    const allocated = countAllocated(() => {
      const part = new HeadPart(decodeLatin1);
      for (let count = 0; count < 10_000; count += 1) part.keep(byte, 0, 1);
    });
    assert.ok(allocated >= 10_000 && allocated <= 40_000, `${allocated} bytes allocated`);
  });

  it('is decoded byte by byte, at any length', () => {
    const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => index);
    assert.equal(decodeLatin1(bytes, 1, 9_999), Buffer.from(bytes).toString('latin1', 1, 9_999));
    assert.equal(decodeLatin1(bytes, 5, 5), '');
  });
});
