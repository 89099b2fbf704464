// Runs what `tidewire conform` was asked for: a server, a client, a list, or a matrix of earlier runs.

import { writeFileSync } from 'node:fs';
import {
  ClientTest,
  countVerdicts,
  formatHtml,
  formatSummary,
  listCases,
  type RunResult,
  readRun,
  testServer,
} from '../../conformance/index.ts';
import { escapeControls, jsonLine } from '../escape-controls.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { shownAddress } from '../shown-address.ts';
import { showProgress } from './progress.ts';

export interface ConformFlags {
  readonly listen?: number;
  readonly host: string;
  readonly http2: boolean;
  readonly insecure: boolean;
  readonly only?: string[];
  readonly skip?: string[];
  readonly name?: string;
  readonly concurrency: number;
  readonly deadline: number;
  readonly pid?: number;
  readonly json?: string;
  readonly html?: string;
  readonly runs?: string[];
  readonly list: boolean;
}

/** Throws a `CommandFailure`: also when a case failed, with an exit status of its own. */
export async function conform(url: string | undefined, flags: ConformFlags): Promise<void> {
  if (flags.list) return list(flags);
  if (flags.runs !== undefined) return writeMatrix(url, flags);
  const run = await runCases(url, flags);
  if (flags.html !== undefined) writeFileSync(flags.html, formatHtml([run]));
  if (flags.json === '-') console.log(jsonLine(run));
  else {
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(run, null, 1)}\n`);
    console.log(formatSummary(printable(run), { colour: mayColour() }));
  }
  const { failed } = countVerdicts(run.results);
  if (failed > 0) {
    const cases = failed === 1 ? 'one case' : `${failed} cases`;
    throw new CommandFailure(ExitCode.NotConforming, `${run.name} failed ${cases} of ${run.results.length}`);
  }
}

async function runCases(url: string | undefined, flags: ConformFlags): Promise<RunResult> {
  if ((url === undefined) === (flags.listen === undefined)) {
    throw new CommandFailure(
      ExitCode.Usage,
      'give the address of a server to test, or --listen <port> for a client',
    );
  }
  if (url === undefined) return testClient(flags);
  if (!/^wss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CommandFailure(
      ExitCode.Usage,
      'that is no address of a WebSocket server: it begins with ws:// or wss://',
    );
  }
  const progress = showProgress();
  try {
    const { pid } = flags;
    const memory = pid === undefined ? {} : { pid };
    return await testServer({ ...optionsOf(flags), ...memory, url, onResult: progress.update });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${shownAddress(url)} cannot be tested: ${reason}`;
    throw new CommandFailure(ExitCode.Failure, message, { cause: error });
  } finally {
    progress.end();
  }
}

/** Waits for a client, for as long as it takes; its request for the report ends the run. */
async function testClient(flags: ConformFlags): Promise<RunResult> {
  const progress = showProgress();
  const { host, listen: port = 0 } = flags;
  const test = new ClientTest({ ...optionsOf(flags), host, port, onResult: progress.update });
  const url = await test.listen().catch((error: Error) => {
    throw new CommandFailure(ExitCode.Failure, `cannot listen on ${host}, port ${port}: ${error.message}`, {
      cause: error,
    });
  });
  console.error(`The client under test connects to ${url}/case/ID?agent=NAME for every id of ${url}/cases,`);
  console.error(`echoes every message, and at the end connects to ${url}/report?agent=NAME.`);
  const run = await test.finished();
  progress.end();
  await test.close();
  return flags.name === undefined ? run : { ...run, name: flags.name };
}

/** The name is what a client calls itself, and details hold what an endpoint sent. */
function printable(run: RunResult): RunResult {
  const results = run.results.map((result) => ({ ...result, detail: escapeControls(result.detail) }));
  return { ...run, name: escapeControls(run.name), results };
}

function optionsOf({ http2, insecure, only = [], skip = [], name, concurrency, deadline }: ConformFlags) {
  return {
    http2,
    insecure,
    only,
    skip,
    concurrency,
    deadlineMs: deadline,
    ...(name !== undefined && { name }),
  };
}

function list({ only = [], skip = [] }: ConformFlags): void {
  for (const { id, section, title } of listCases({ only, skip })) console.log(`${id}\t${section}\t${title}`);
}

function writeMatrix(url: string | undefined, { html, runs = [] }: ConformFlags): void {
  if (html === undefined || url !== undefined) {
    throw new CommandFailure(
      ExitCode.Usage,
      '--runs goes with --html and no address: it only writes the report',
    );
  }
  try {
    writeFileSync(html, formatHtml(runs.map(readRun)));
  } catch (error) {
    throw new CommandFailure(ExitCode.Failure, (error as Error).message, { cause: error });
  }
}

function mayColour(): boolean {
  return process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
}
