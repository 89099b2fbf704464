// Measures every peer in turn, round after round, and compares ours with the targets.
import type { PeerName } from '../peers.ts';
import type { Target } from '../rows.ts';
import { type Contender, type Measured, startContender } from './contender.ts';
import type { Progress } from './progress.ts';
import { isAvailable, type Method, type PeerResult, type TargetResult } from './result.ts';
import { spreadOf } from './statistics.ts';

export type PeerResults = Partial<Record<PeerName, PeerResult>>;

/** A peer that cannot do what is asked, or fails while it does, is `unavailable`; the others go on. */
export async function measure(measured: Measured, method: Method, progress: Progress): Promise<PeerResults> {
  const results: PeerResults = {};
  const contenders: Contender[] = [];
  const giveUp = (peer: PeerName, error: unknown) => {
    results[peer] = { unavailable: (error as Error).message };
  };
  try {
    for (const peer of measured.peers) {
      progress(`${peer}: start and warm-up`);
      await startContender(peer, measured, method).then(
        (contender) => contenders.push(contender),
        (error) => giveUp(peer, error),
      );
    }
    for (let round = 0; round < method.rounds; round++) {
      for (let turn = 0; turn < contenders.length; turn++) {
        // Another one is first in every round.
        const contender = contenders[(turn + round) % contenders.length]!;
        if (results[contender.peer] !== undefined) continue;
        progress(`${contender.peer}: round ${round + 1} of ${method.rounds}`);
        await contender.takeTurn().catch((error) => giveUp(contender.peer, error));
      }
    }
    for (const contender of contenders) results[contender.peer] ??= contender.figures();
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
  return results;
}

/** Ours against a target; without `met` when one of the two figures is not there. */
export function compare(results: PeerResults, target: Target): TargetResult {
  const ours = results.tidewire;
  const theirs = target.against === undefined ? undefined : results[target.against];
  if (!isAvailable(ours)) return target;
  if (target.against === undefined) return judged(target, ours.costs);
  return isAvailable(theirs) ? judged(target, ratios(ours.costs, theirs.costs)) : target;
}

/** Rounds are compared in pairs, because a disturbance that lasts falls on both. */
function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / theirs[round]!);
}

function judged(target: Target, figures: readonly number[]): TargetResult {
  const figure = spreadOf(figures);
  return { ...target, figure, met: figure.median <= target.atMost };
}
