// The attacks of a group against our own server: memory, descriptors, close codes and the connection of another client are
// judged here; how fast that one is answered is judged by `npm run attack`, on a machine that does nothing else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttackGroup } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { canReadProcesses } from './gauge.ts';
import { runAttack } from './run-attack.ts';

/** Each group has a test file of its own, because the time of a file is limited. */
export function describeAttacks(group: AttackGroup): void {
  describe('an attack', { skip: !canReadProcesses && 'memory is read from /proc' }, () => {
    for (const attack of attacks.filter((each) => each.group === group)) {
      it(`that ${attack.about} is held`, async () => {
        const own = { type: 'own', victim: 'tidewire' } as const;
        const { faults } = await runAttack(attack, own, { quietMs: 20, forMs: 0 });
        assert.deepEqual(faults, []);
      });
    }
  });
}
