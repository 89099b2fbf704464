// The attack suite against our own server: memory, descriptors, close codes and the connection of another client are
// judged here; how fast that one is answered is judged by `npm run attack`, on a machine that does nothing else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attacks } from './attacks/index.ts';
import { canReadProcesses } from './gauge.ts';
import { runAttack } from './run-attack.ts';

describe('an attack', { skip: !canReadProcesses && 'memory is read from /proc' }, () => {
  for (const attack of attacks) {
    it(`that ${attack.about} is held`, async () => {
      const { faults } = await runAttack(attack, { type: 'own', victim: 'tidewire' }, { quietMs: 50 });
      assert.deepEqual(faults, []);
    });
  }
});
