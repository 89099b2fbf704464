import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SpareInflates } from '../../../src/websocket/deflate/spare-inflates.ts';
import type { InflateContext } from '../../../src/websocket/deflate/zlib-context.ts';

it('four decompressors are kept for the next message, and emptied; the others are closed', () => {
  const counts = { made: 0, reset: 0, closed: 0 };
  const spare = new SpareInflates((): InflateContext => {
    counts.made += 1;
    return {
      output: new Uint8Array(0),
      begin: () => undefined,
      step: () => 'done',
      reset: () => {
        counts.reset += 1;
      },
      close: () => {
        counts.closed += 1;
      },
    };
  });
  const lent = Array.from({ length: 10 }, () => spare.borrow());
  for (const context of lent) spare.giveBack(context);
  assert.deepEqual(counts, { made: 10, reset: 4, closed: 6 });
  assert.ok(lent.includes(spare.borrow()));
});
