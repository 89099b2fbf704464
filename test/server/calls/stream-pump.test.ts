import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StreamPump } from '../../../src/server/calls/stream-pump.ts';

/** Lets everything that is due run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function countTo(most: number): { readonly source: AsyncGenerator<number>; readonly drawn: number[] } {
  const drawn: number[] = [];
  async function* count(): AsyncGenerator<number> {
    for (let number = 1; number <= most; number++) {
      drawn.push(number);
      yield number;
    }
  }
  return { source: count(), drawn };
}

const noReport = (error: unknown): void => {
  throw error;
};

describe('stream pump', () => {
  it('draws the next item only when there is room for it', async () => {
    const { source, drawn } = countTo(100);
    const sent: unknown[] = [];
    let room = 3;
    const pump = new StreamPump(source, {
      onItem: (item) => {
        sent.push(item);
        return --room > 0;
      },
      report: noReport,
    });
    const ended = pump.run();
    await settled();
    assert.deepEqual([sent.length, drawn.length], [3, 3]);
    room = 2;
    pump.resume();
    await settled();
    assert.deepEqual([sent.length, drawn.length], [5, 5]);
    room = 1_000;
    pump.resume();
    await ended;
    assert.equal(sent.length, 100);
  });

  it('stops while it waits for room, and nothing is drawn any more', async () => {
    const { source, drawn } = countTo(100);
    const pump = new StreamPump(source, { onItem: () => false, report: noReport });
    const ended = pump.run();
    await settled();
    pump.stop();
    await ended;
    assert.deepEqual(drawn, [1]);
    assert.deepEqual(await source.next(), { done: true, value: undefined });
  });

  it('ends the source when an item cannot be sent, and rejects', async () => {
    const { source } = countTo(2);
    const pump = new StreamPump(source, {
      onItem: () => {
        throw new Error('no');
      },
      report: noReport,
    });
    await assert.rejects(pump.run(), /no/);
    assert.equal((await source.next()).done, true);
  });

  it('reports what the source throws while it is stopped', async () => {
    const errors: unknown[] = [];
    async function* stubborn(): AsyncGenerator<number> {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: what a careless application may do
        throw new Error('not so fast');
      }
    }
    const pump = new StreamPump(stubborn(), { onItem: () => false, report: (error) => errors.push(error) });
    void pump.run();
    await settled();
    pump.stop();
    await settled();
    assert.equal((errors[0] as Error).message, 'not so fast');
  });

  for (const [name, end] of [
    [
      'throws',
      (): never => {
        throw new Error('no return');
      },
    ],
    ['gives no promise', () => ({ done: true, value: undefined })],
    ['gives nothing', () => undefined],
  ] as const) {
    it(`stops a source written by hand whose return ${name}`, async () => {
      const source = {
        [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }), return: end }),
      } as unknown as AsyncIterable<number>;
      const errors: unknown[] = [];
      const pump = new StreamPump(source, { onItem: () => false, report: (error) => errors.push(error) });
      const ended = pump.run();
      await settled();
      assert.doesNotThrow(() => pump.stop());
      await ended;
      assert.equal(errors.length, name === 'throws' ? 1 : 0);
    });
  }
});
