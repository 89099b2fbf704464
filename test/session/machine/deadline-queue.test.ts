import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Deadline, DeadlineQueue } from '../../../src/session/machine/deadline-queue.ts';
import { fc } from '../../fast-check.ts';

const step = fc.oneof(
  fc.record({ type: fc.constant('add' as const), afterMs: fc.nat(50) }),
  fc.record({ type: fc.constant('cancel' as const), which: fc.nat(30) }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.nat(30) }),
);

describe('deadline queue', () => {
  it('calls what is due and was not cancelled, in order, once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new DeadlineQueue();
        const deadlines: Deadline[] = [];
        let open: { readonly index: number; readonly at: number }[] = [];
        let called: number[] = [];
        let now = 0;
        for (const each of steps) {
          if (each.type === 'add') {
            const [index, at] = [deadlines.length, now + each.afterMs];
            deadlines.push(queue.add(at, () => called.push(at)));
            open.push({ index, at });
          } else if (each.type === 'cancel') {
            queue.cancel(deadlines[each.which]);
            open = open.filter(({ index }) => index !== each.which);
          } else {
            now += each.ms;
            called = [];
            queue.pass(now);
            const due = open.filter(({ at }) => at <= now).map(({ at }) => at);
            assert.deepEqual(
              called,
              due.sort((a, b) => a - b),
            );
            open = open.filter(({ at }) => at > now);
          }
          const next = Math.min(...open.map(({ at }) => at));
          assert.equal(queue.nextAt(), open.length === 0 ? undefined : next);
        }
      }),
    );
  });

  it('calls what is added meanwhile and is due as well', () => {
    const queue = new DeadlineQueue();
    const called: string[] = [];
    queue.add(1, () => {
      called.push('first');
      queue.add(2, () => called.push('second'));
      queue.add(9, () => called.push('never'));
    });
    queue.pass(5);
    assert.deepEqual(called, ['first', 'second']);
    assert.equal(queue.nextAt(), 9);
  });

  it('keeps its order when most were cancelled, and are swept out', () => {
    const queue = new DeadlineQueue();
    const called: number[] = [];
    const deadlines = Array.from({ length: 1_000 }, (_, index) => {
      const at = (index * 7_919) % 1_000;
      return queue.add(at, () => called.push(at));
    });
    const kept = deadlines.filter((deadline, index) => {
      if (index % 10 === 0) return true;
      queue.cancel(deadline);
      return false;
    });
    queue.pass(1_000);
    assert.deepEqual(
      called,
      kept.map(({ at }) => at).sort((a, b) => a - b),
    );
    assert.equal(queue.nextAt(), undefined);
  });
});
