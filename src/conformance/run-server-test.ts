// Runs the cases against a server: opens a connection for each, plays it, judges it.

import { type Selection, selectCases } from './case-selection.ts';
import { MemoryGauge } from './memory-gauge.ts';
import type { CaseResult, RunResult } from './result.ts';
import type { Case } from './script/case.ts';
import { play } from './script/player.ts';
import { failed, type Outcome, skipped, worse } from './script/verdict.ts';
import { ServerTarget, type ServerTargetOptions } from './server-target.ts';
import { WireConnection } from './wire/wire-connection.ts';

export interface ServerTestOptions extends ServerTargetOptions, Selection {
  /** What the report calls the server. @default the address */
  readonly name?: string;
  /** Cases that run at once. @default 16 */
  readonly concurrency?: number;
  /** How long each step may take, in milliseconds. @default 5000 */
  readonly deadlineMs?: number;
  /** The process of the server, on this machine: measures its memory in the heavy cases, which then run one by one. */
  readonly pid?: number;
  readonly onResult?: (result: CaseResult, done: number, total: number) => void;
}

/** Of the cases that move megabytes, so many run at once. */
const heavyConcurrency = 2;

/**
 * Tests an echo server. Resolves when every case has its verdict; rejects when nothing listens at the address, or the
 * memory of the process cannot be read.
 */
export async function testServer(options: ServerTestOptions): Promise<RunResult> {
  const { concurrency = 16, deadlineMs = 5000 } = options;
  const target = new ServerTarget(options);
  const speaksDeflate = await target.speaksDeflate(deadlineMs);
  const cases = selectCases('server', target.transport, options);
  const startedAt = new Date();
  const results = new Map<string, CaseResult>();

  const gauge = options.pid === undefined ? undefined : new MemoryGauge(options.pid);
  const work = async (queue: Case[]) => {
    for (let each = queue.shift(); each !== undefined; each = queue.shift()) {
      const lacking = each.needs !== undefined && !speaksDeflate;
      if (each.heavy) gauge?.begin();
      const played = lacking ? skip(each) : await runCase(target, each, deadlineMs);
      const isMeasured = gauge !== undefined && each.heavy && !lacking;
      const result = isMeasured ? { ...played, memoryBytes: gauge.end() } : played;
      results.set(each.id, result);
      options.onResult?.(result, results.size, cases.length);
    }
  };
  const light = cases.filter((each) => !each.heavy);
  const heavy = cases.filter((each) => each.heavy);
  await Promise.all(Array.from({ length: concurrency }, () => work(light)));
  const heavyAtOnce = gauge === undefined ? heavyConcurrency : 1;
  await Promise.all(Array.from({ length: heavyAtOnce }, () => work(heavy)));

  return {
    format: 'tidewire-conform/1',
    name: options.name ?? options.url,
    role: 'server',
    transport: target.transport,
    startedAt: startedAt.toISOString(),
    milliseconds: Date.now() - startedAt.getTime(),
    results: cases.map(({ id }) => results.get(id)!),
  };
}

function skip({ id, section, title }: Case): CaseResult {
  const outcome = skipped('the endpoint does not speak permessage-deflate');
  return { id, section, title, ...outcome, milliseconds: 0, transcript: [] };
}

async function runCase(target: ServerTarget, each: Case, deadlineMs: number): Promise<CaseResult> {
  const started = performance.now();
  const transcript: string[] = [];
  let outcome: Outcome;
  try {
    outcome = await openAndPlay(target, each, { deadlineMs, transcript });
  } catch (error) {
    outcome = failed(`no connection: ${(error as Error).message}`);
  }
  const { id, section, title } = each;
  const milliseconds = Math.round(performance.now() - started);
  return {
    id,
    section,
    title,
    ...outcome,
    milliseconds,
    transcript: outcome.verdict === 'strict' ? [] : transcript,
  };
}

async function openAndPlay(
  target: ServerTarget,
  each: Case,
  { deadlineMs, transcript }: { deadlineMs: number; transcript: string[] },
): Promise<Outcome> {
  const opened = await target.open(each, each.deadlineMs ?? deadlineMs);
  try {
    if (!opened.open) return opened.outcome;
    const { deflate, head, stream } = opened;
    const connection = new WireConnection(stream, { suiteIs: 'client', deflate, head });
    const outcome = await play(each, connection, deadlineMs);
    transcript.push(...connection.transcript);
    return worse(opened.outcome, outcome);
  } finally {
    opened.release();
  }
}
