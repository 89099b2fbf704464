// What a server used, and what its well-behaved client saw, in one phase of a run: before an attack, during it, after it.

import type { Measured } from './control-client.ts';
import type { ControlProcess } from './control-process.ts';
import { PeakGauge, readProcess } from './gauge.ts';
import type { ServerProcess } from './server-process.ts';

export interface Phase {
  readonly elapsedMs: number;
  /** Memory at the end of the phase, and the most in it, in MiB. */
  readonly rssMiB: number;
  readonly peakRssMiB: number;
  /** User and system time of all threads, in milliseconds. */
  readonly cpuMs: number;
  /** Open files and sockets at the end of the phase, and the most in it. */
  readonly descriptors: number;
  readonly peakDescriptors: number;
  /** How long the event loop kept its timers waiting, in milliseconds; unknown of a server that was not started here. */
  readonly loop: { readonly p99Ms: number; readonly maxMs: number } | undefined;
  readonly client: Measured;
}

export interface PhaseSubject {
  readonly server: ServerProcess;
  readonly control: ControlProcess;
}

export interface MeasuredPhase {
  readonly phase: Phase;
  /** Uncaught exceptions and rejections so far. */
  readonly surprises: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Measures while `work` is done; undefined when the server did not live to the end of it. */
export async function measurePhase(
  { server, control }: PhaseSubject,
  work: () => Promise<void>,
): Promise<MeasuredPhase | undefined> {
  await server.read();
  await control.window();
  const begin = readProcess(server.pid);
  const gauge = new PeakGauge(server.pid);
  const startedAt = performance.now();
  await work();
  const elapsedMs = performance.now() - startedAt;
  const client = await control.window();
  const peak = gauge.stop();
  const end = readProcess(server.pid);
  if (begin === undefined || end === undefined) return undefined;
  const reading = await server.read().catch(() => undefined);
  return {
    phase: {
      elapsedMs,
      rssMiB: end.rssMiB,
      peakRssMiB: peak.rssMiB,
      cpuMs: end.cpuMs - begin.cpuMs,
      descriptors: end.descriptors,
      peakDescriptors: peak.descriptors,
      loop: reading?.loop,
      client,
    },
    surprises: reading?.surprises ?? [],
    counters: reading?.counters ?? {},
  };
}

/** Of one processor, in percent. */
export function cpuPercent({ cpuMs, elapsedMs }: Phase): number {
  return (100 * cpuMs) / Math.max(1, elapsedMs);
}
