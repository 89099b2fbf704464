// Runs what was selected: a row, a curve or a study, each to what is stored of it.
import type { Curve } from './curves.ts';
import { circumstances } from './measure/circumstances.ts';
import { compare, measure } from './measure/measure.ts';
import { progressOf } from './measure/progress.ts';
import type { CurveResult, Method, RowResult, StudyResult } from './measure/result.ts';
import type { PeerName } from './peers.ts';
import type { Row } from './rows.ts';
import type { Study } from './studies/study.ts';

export interface Wanted {
  readonly method: Method;
  /** Which of a row's peers take part; ours always does. */
  choose(peers: readonly PeerName[]): PeerName[];
}

/** Memory hardly differs from round to round, and each round opens all connections anew. */
const mostMemoryRounds = 3;

export async function runRow(row: Row, { method: usual, choose }: Wanted): Promise<RowResult> {
  const { id, title, groups, unit, per, side } = row;
  const rounds = unit === 'KiB' ? Math.min(mostMemoryRounds, usual.rounds) : usual.rounds;
  const method = { ...usual, rounds };
  const peers = choose(row.peers);
  const results = await measure({ ...row, peers }, method, progressOf(id));
  const targets = row.targets
    .filter(({ against }) => against === undefined || peers.includes(against))
    .map((target) => compare(results, target));
  const command = `npm run bench -- ${id}`;
  return {
    id,
    title,
    groups,
    unit,
    per,
    side,
    command,
    ...method,
    ...circumstances(),
    peers: results,
    targets,
  };
}

export async function runCurve(curve: Curve, { method, choose }: Wanted): Promise<CurveResult> {
  const { id, title, axis, unit } = curve;
  const shorter: Method = {
    rounds: Math.min(3, method.rounds),
    roundMs: method.roundMs / 2,
    warmUpMs: method.warmUpMs / 2,
  };
  const points = [];
  for (const x of curve.xs) {
    const measured = curve.at(x);
    const peers = choose(measured.peers);
    points.push({ x, peers: await measure({ ...measured, peers }, shorter, progressOf(`${id} ${x}`)) });
  }
  const command = `npm run bench -- ${id}`;
  return { id, title, axis, unit, command, ...shorter, ...circumstances(), points };
}

export async function runStudy({ id, title, run }: Study): Promise<StudyResult> {
  const findings = await run(progressOf(id));
  return { id, title, command: `npm run bench -- ${id}`, ...circumstances(), ...findings };
}
