import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Borrower, DeflatePool } from '../../../src/websocket/deflate/deflate-pool.ts';
import type { DeflateContext, ZlibContexts } from '../../../src/websocket/deflate/zlib-context.ts';

const payload = new Uint8Array([1]);

/** Answers with its number, so that it shows who compressed a message. */
class NumberedDeflate implements DeflateContext {
  isClosed = false;
  readonly #answer: Uint8Array;
  constructor(number: number) {
    this.#answer = new Uint8Array([number]);
  }
  deflate(): Uint8Array {
    return this.#answer;
  }
  reset(): void {}
  close(): void {
    this.isClosed = true;
  }
}

function openPool() {
  const made: NumberedDeflate[] = [];
  const clock = { now: 0 };
  const zlib: ZlibContexts = {
    createDeflate: () => {
      const context = new NumberedDeflate(made.length);
      made.push(context);
      return context;
    },
    createInflate: () => assert.fail('nothing is inflated'),
  };
  const pool = new DeflatePool(zlib, () => clock.now);
  const parameters = pool.parameters({ windowBits: 15, level: 1, memLevel: 8 });
  const connect = (): Borrower => ({
    compressor: undefined,
    parameters,
    aloneAt: Number.NEGATIVE_INFINITY,
  });
  /** The number of the compressor that the message went through. */
  const send = (borrower: Borrower): number => pool.deflateFor(borrower, payload)[0] as number;
  return { pool, made, clock, connect, send };
}

const SHARED = 0;

describe('the pool of compressors', () => {
  it('lends none for a first message, and one of its own for those that follow soon', () => {
    const { connect, send } = openPool();
    const [one, other] = [connect(), connect()];
    assert.deepEqual([send(one), send(other)], [SHARED, SHARED]);
    assert.deepEqual([send(one), send(other), send(one), send(other)], [1, 2, 1, 2]);
  });

  it('lends none to a connection that sends a message now and then', () => {
    const { clock, connect, send, made } = openPool();
    const borrower = connect();
    for (let count = 0; count < 5; count += 1) {
      assert.equal(send(borrower), SHARED);
      clock.now += 2_000;
    }
    assert.equal(made.length, 1);
  });

  it('takes back what was not used for two seconds, and lends again as at first', () => {
    const { pool, clock, connect, send, made } = openPool();
    const [busy, idle] = [connect(), connect()];
    for (const borrower of [busy, idle, busy, idle]) send(borrower);
    clock.now = 1_500;
    send(busy);
    clock.now = 2_500;
    pool.receiveDeadline();
    assert.deepEqual(
      made.map(({ isClosed }) => isClosed),
      [false, false, true],
    );
    assert.deepEqual([send(idle), send(idle), send(busy)], [SHARED, 3, 1]);
    pool.takeBack(busy);
    pool.takeBack(idle);
  });

  it('lends 128 at the most', () => {
    const { pool, connect, send } = openPool();
    const borrowers = Array.from({ length: 129 }, connect);
    for (const borrower of borrowers) send(borrower);
    assert.deepEqual(borrowers.map(send), [...Array.from({ length: 128 }, (_, index) => index + 1), SHARED]);
    const [first, last] = [borrowers[0] as Borrower, borrowers[128] as Borrower];
    pool.takeBack(first);
    assert.equal(send(last), 129);
    for (const borrower of borrowers) pool.takeBack(borrower);
  });
});
