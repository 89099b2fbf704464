import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MachineLoop } from '../../src/client/machine-loop.ts';
import type { Runtime } from '../../src/client/runtime.ts';
import type { ClientMachine } from '../../src/session/index.ts';
import { VirtualClock } from '../../src/testkit/index.ts';

/** A machine that wants to be called at a time that the test sets. */
function loopOn(clock = new VirtualClock()) {
  const machine = {
    at: undefined as number | undefined,
    calls: [] as number[],
    nextTimeout: () => machine.at,
    handleTimeout(now: number) {
      machine.calls.push(now - began);
      machine.at = undefined;
    },
  };
  const began = clock.now();
  let timers = 0;
  const runtime = {
    now: () => clock.now(),
    setTimer: (afterMs: number, callback: () => void) => {
      timers++;
      return clock.setTimer(callback, afterMs);
    },
  } as unknown as Runtime;
  const loop = new MachineLoop(runtime, () => machine as unknown as ClientMachine);
  return { clock, loop, machine, began, timers: () => timers };
}

describe('MachineLoop', () => {
  it('tells when the machine has returned, and one thing after the other', () => {
    const { loop } = loopOn();
    const order: string[] = [];
    loop.do(() => {
      loop.tell(() => {
        order.push('first begins');
        loop.do(() => {
          order.push('the machine again');
          loop.tell(() => order.push('third'));
        });
        order.push('first ends');
      });
      loop.tell(() => order.push('second'));
      order.push('the machine');
    });
    assert.deepEqual(order, [
      'the machine',
      'first begins',
      'the machine again',
      'first ends',
      'second',
      'third',
    ]);
  });

  it('tells also when what was done throws', () => {
    const { loop } = loopOn();
    let isTold = false;
    assert.throws(() =>
      loop.do(() => {
        loop.tell(() => (isTold = true));
        throw new Error('no');
      }),
    );
    assert.ok(isTold);
  });

  it('calls the machine when it asks to be called, with one timer', () => {
    const { clock, loop, machine, began, timers } = loopOn();
    machine.at = began + 100;
    loop.do(() => {});
    loop.do(() => {});
    assert.equal(timers(), 1);
    machine.at = began + 50;
    loop.do(() => {});
    clock.advance(200);
    assert.deepEqual(machine.calls, [50]);
  });

  it('sets no timer for a machine that waits for nothing, and takes back the one it has', () => {
    const { clock, loop, machine, began, timers } = loopOn();
    loop.do(() => {});
    assert.equal(timers(), 0);
    machine.at = began + 10;
    loop.do(() => {});
    machine.at = undefined;
    loop.do(() => {});
    clock.advance(100);
    assert.deepEqual(machine.calls, []);
  });
});
