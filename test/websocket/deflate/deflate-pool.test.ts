import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { type Borrower, DeflatePool } from '../../../src/websocket/deflate/deflate-pool.ts';
import type {
  DeflateContext,
  InflateContext,
  ZlibContexts,
} from '../../../src/websocket/deflate/zlib-context.ts';

const parameters = Object.freeze({ windowBits: 15, level: 1, memLevel: 8 });
const limit = 1024;
const payload = Buffer.from('hello');

/** Contexts that count how many there are. */
class CountedZlib implements ZlibContexts {
  deflates = 0;
  inflates = 0;
  resets = 0;

  createDeflate(): DeflateContext {
    this.deflates += 1;
    return {
      deflate: (bytes) => bytes,
      reset: () => {
        this.resets += 1;
      },
      close: () => {
        this.deflates -= 1;
      },
    };
  }

  createInflate(): InflateContext {
    this.inflates += 1;
    return {
      output: payload,
      begin: () => undefined,
      step: () => 'done',
      reset: () => {
        this.resets += 1;
      },
      close: () => {
        this.inflates -= 1;
      },
    };
  }
}

describe('the pool of zlib contexts', () => {
  let zlib: CountedZlib;
  let pool: DeflatePool;
  const borrower = (): Borrower => ({ compressor: undefined, parameters: pool.parameters(parameters) });

  beforeEach(() => {
    zlib = new CountedZlib();
    pool = new DeflatePool(zlib);
  });

  it('lends a busy connection one compressor, and keeps it there', () => {
    const one = borrower();
    pool.deflateFor(one, payload);
    const { compressor } = one;
    pool.deflateFor(one, payload);
    assert.equal(one.compressor, compressor);
    assert.deepEqual([zlib.deflates, zlib.resets], [1, 0]);
    pool.takeBack(one);
  });

  it('takes back what was not used for two seconds, so that an idle connection has none', (t) => {
    let now = 0;
    mock.method(performance, 'now', () => now);
    t.after(() => mock.restoreAll());
    const [idle, busy] = [borrower(), borrower()];
    pool.deflateFor(idle, payload);
    pool.deflateFor(busy, payload);
    now = 1_500;
    pool.deflateFor(busy, payload);
    now = 2_000;
    pool.receiveDeadline();
    assert.equal(idle.compressor, undefined);
    assert.notEqual(busy.compressor, undefined);
    assert.equal(zlib.deflates, 1);
    now = 3_500;
    pool.receiveDeadline();
    assert.equal(zlib.deflates, 0);
  });

  it('lends no more than 128; further connections compress each message alone, on one that all share', () => {
    const many = Array.from({ length: 500 }, borrower);
    for (const each of many) pool.deflateFor(each, payload);
    assert.equal(many.filter(({ compressor }) => compressor !== undefined).length, 128);
    assert.equal(zlib.deflates, 129);
    // Each message on the shared one begins with an empty window.
    assert.equal(zlib.resets, 500 - 128);
    for (const each of many) pool.takeBack(each);
    assert.equal(zlib.deflates, 1);
  });

  it('keeps four decompressors of a kind for the next message, emptied', () => {
    const lent = Array.from({ length: 10 }, () => pool.borrowInflate(15, limit));
    for (const context of lent) pool.returnInflate(context, 15, limit);
    assert.deepEqual([zlib.inflates, zlib.resets], [4, 4]);
    assert.ok(lent.includes(pool.borrowInflate(15, limit)));
    assert.equal(lent.includes(pool.borrowInflate(10, limit)), false);
  });
});
