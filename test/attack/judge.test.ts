import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attack } from './attack.ts';
import { isDisturbed, judgeDelays, judgeResources, type Phases } from './judge.ts';
import type { Phase } from './phase.ts';

const attack: Attack = {
  name: 'test',
  group: 'frames',
  about: 'does nothing',
  run: () => Promise.resolve({ isHeld: true, answer: '' }),
};

function phase(changes: Partial<Phase> = {}, client: Partial<Phase['client']> = {}): Phase {
  return {
    elapsedMs: 1_000,
    rssMiB: 70,
    peakRssMiB: 70,
    cpuMs: 30,
    descriptors: 22,
    peakDescriptors: 22,
    loop: { p99Ms: 1, maxMs: 2 },
    client: { answers: 250, p50Ms: 0.5, p99Ms: 1, maxMs: 3, isConnected: true, ...client },
    ...changes,
  };
}

function phases(changes: Partial<Phases> = {}): Phases {
  return { before: phase(), during: phase(), after: phase(), ...changes };
}

describe('the judge of an attack', () => {
  it('finds nothing wrong with a server that stays as it is', () => {
    assert.deepEqual(judgeResources(attack, phases()), []);
    assert.deepEqual(judgeDelays(attack, phases()), []);
  });

  it('allows the growth that the attack names, and not a MiB more', () => {
    const grown = phases({ during: phase({ peakRssMiB: 80 }) });
    assert.deepEqual(judgeResources({ ...attack, maxGrowthMiB: 10 }, grown), []);
    assert.deepEqual(judgeResources({ ...attack, maxGrowthMiB: 9 }, grown), ['grew by 10 MiB, and may by 9']);
  });

  it('notices memory, descriptors and work that stay', () => {
    const after = phase({ rssMiB: 190, descriptors: 23, cpuMs: 150 });
    assert.deepEqual(judgeResources(attack, phases({ after })), [
      'kept 120 MiB, and may 112',
      'kept 1 descriptors',
    ]);
    assert.deepEqual(judgeDelays(attack, phases({ after })), ['uses 12 % more of a processor afterwards']);
  });

  it('notices a control client that was disconnected', () => {
    const during = phase({}, { isConnected: false });
    assert.deepEqual(judgeResources(attack, phases({ during })), ['the control client was disconnected']);
  });

  it('allows a 99th percentile of half as much again, of 15 ms, or of what the attack names', () => {
    const slow = phases({ during: phase({}, { p99Ms: 16 }) });
    assert.deepEqual(judgeDelays(attack, slow), ['p99 of the control client 16.0 ms, and may be 15.0']);
    assert.deepEqual(judgeDelays({ ...attack, maxDelayMs: 17 }, slow), []);
    const before = phase({}, { p99Ms: 12 });
    assert.deepEqual(judgeDelays(attack, { ...slow, before }), []);
    const over = phase({}, { p99Ms: 19 });
    assert.deepEqual(judgeDelays(attack, phases({ before, during: over })), [
      'p99 of the control client 19.0 ms, and may be 18.0',
    ]);
  });

  it('allows no attack to be felt when it is over', () => {
    const after = phase({}, { p99Ms: 16 });
    assert.deepEqual(judgeDelays({ ...attack, maxDelayMs: 50 }, phases({ after })), [
      'p99 of the control client afterwards 16.0 ms, and may be 15.0',
    ]);
  });

  it('knows a machine that keeps everybody waiting', () => {
    const { client } = phase();
    assert.equal(isDisturbed({ before: client, during: client, after: client }), false);
    assert.equal(isDisturbed({ before: client, during: { ...client, p99Ms: 16 }, after: client }), true);
    assert.equal(isDisturbed({ before: { ...client, p99Ms: 40 }, during: client, after: client }), true);
  });
});
