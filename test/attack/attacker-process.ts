// The process that attacks. It has the lowest priority there is, so that it takes from the server no more of the processor
// than a machine elsewhere would.

import { type Attack, Attacker, type Outcome, type Target, type VictimCommand } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { failed } from './attacks/outcome.ts';

export interface ToAttacker {
  readonly type: 'run';
  readonly name: string;
  readonly target: Target;
  /** The attack is run again until so much time has passed. */
  readonly forMs: number;
}

export type FromAttacker =
  | { readonly type: 'ready' }
  | { readonly type: 'command'; readonly command: VictimCommand }
  | { readonly type: 'outcome'; readonly outcome: Outcome; readonly runs: number };

function tell(message: FromAttacker): void {
  process.send?.(message);
}

async function runOnce(attack: Attack, target: Target): Promise<Outcome> {
  const attacker = new Attacker(target, (command) => tell({ type: 'command', command }));
  try {
    return await attack.run(attacker);
  } catch (error) {
    return failed(error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));
  } finally {
    await attacker.leave();
  }
}

process.on('message', async ({ name, target, forMs }: ToAttacker) => {
  const attack = attacks.find((each) => each.name === name);
  if (attack === undefined) throw new Error(`no attack is called ${name}`);
  const until = performance.now() + forMs;
  const first = await runOnce(attack, target);
  let runs = 1;
  let last = first;
  while (last.isHeld && attack.runsOnce !== true && performance.now() < until) {
    last = await runOnce(attack, target);
    runs += 1;
  }
  tell({ type: 'outcome', outcome: last.isHeld ? first : last, runs });
});
process.on('disconnect', () => process.exit());
tell({ type: 'ready' });
