// The rules by which a run is judged, and their numbers. docs/attacks.md gives the reasons.

import type { Attack } from './attack.ts';
import type { Measured } from './control-client.ts';
import { cpuPercent, type Phase } from './phase.ts';

/** Of an attack that names no bound. */
const DEFAULT_GROWTH_MIB = 64;
/** What is not given back at rest: memory that the allocator keeps, and code that was compiled meanwhile. */
const REST_GROWTH_MIB = 112;
/** What a server at rest may use more of a processor than before, in percent. */
const REST_CPU_PERCENT = 10;
/** The 99th percentile may rise by half; below this it is not a question of the server. */
const DELAY_FLOOR_MS = 15;

export interface Phases {
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
}

/** What is wrong with the resources of the server, whatever the machine does besides. */
export function judgeResources(
  { maxGrowthMiB = DEFAULT_GROWTH_MIB }: Attack,
  { before, during, after }: Phases,
): string[] {
  const faults: string[] = [];
  const growth = Math.ceil(during.peakRssMiB - before.rssMiB);
  if (growth > maxGrowthMiB) faults.push(`grew by ${growth} MiB, and may by ${maxGrowthMiB}`);
  const kept = Math.ceil(after.rssMiB - before.rssMiB);
  if (kept > REST_GROWTH_MIB) faults.push(`kept ${kept} MiB, and may ${REST_GROWTH_MIB}`);
  const descriptors = after.descriptors - before.descriptors;
  if (descriptors > 0) faults.push(`kept ${descriptors} descriptors`);
  if (!during.client.isConnected || !after.client.isConnected) {
    faults.push('the control client was disconnected');
  }
  return faults;
}

/** What is wrong with how fast the server answers its other client, and what it does at rest. A busy machine may be to blame. */
export function judgeDelays({ maxDelayMs }: Attack, { before, during, after }: Phases): string[] {
  const delays: string[] = [];
  const quiet = mostDelayMs(before.client);
  for (const [when, { client }, most] of [
    ['', during, Math.max(quiet, maxDelayMs ?? 0)],
    [' afterwards', after, quiet],
  ] as const) {
    if (client.p99Ms <= most) continue;
    delays.push(
      `p99 of the control client${when} ${client.p99Ms.toFixed(1)} ms, and may be ${most.toFixed(1)}`,
    );
  }
  const cpu = Math.round(cpuPercent(after) - cpuPercent(before));
  if (cpu > REST_CPU_PERCENT) delays.push(`uses ${cpu} % more of a processor afterwards`);
  return delays;
}

/** Whether a client of a server that nobody attacks was kept waiting as well: then nothing can be said about the server. */
export function isDisturbed({ before, during, after }: Record<keyof Phases, Measured>): boolean {
  const most = Math.min(DELAY_FLOOR_MS, mostDelayMs(before));
  return [before, during, after].some(({ p99Ms }) => p99Ms > most);
}

function mostDelayMs({ p99Ms }: Measured): number {
  return Math.max(1.5 * p99Ms, DELAY_FLOOR_MS);
}
