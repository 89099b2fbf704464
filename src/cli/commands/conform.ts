// `tidewire conform`: tests a WebSocket server or client against the RFCs, and reports.

import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
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
import { showProgress } from '../conform/progress.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { parseInteger } from '../listen.ts';

interface ConformFlags {
  readonly listen?: number;
  readonly host: string;
  readonly http2: boolean;
  readonly insecure: boolean;
  readonly only?: string[];
  readonly skip?: string[];
  readonly name?: string;
  readonly concurrency: number;
  readonly deadline: number;
  readonly json?: string;
  readonly html?: string;
  readonly runs?: string[];
  readonly list: boolean;
}

export function addConform(program: Command): void {
  program
    .command('conform')
    .description('test a WebSocket server or client against RFC 6455, 7692 and 8441')
    .argument('[url]', 'an echo server to test: ws://… or wss://…')
    .option(
      '--listen <port>',
      'test a client instead: it connects to this port; 0 lets the system choose',
      (text) => parseInteger(text, 0, 65_535),
    )
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--http2', 'open the connections by extended CONNECT over HTTP/2', false)
    .option('--insecure', 'accept any certificate', false)
    .option(
      '--only <patterns...>',
      "run only these cases: a group, an id, or a pattern such as 'utf8.valid.*'",
    )
    .option('--skip <patterns...>', 'leave these cases out')
    .option('--name <name>', 'what the reports call the endpoint')
    .option('--concurrency <n>', 'cases that run at once', (text) => parseInteger(text, 1, 256), 16)
    .option(
      '--deadline <ms>',
      'how long each step of a case may take',
      (text) => parseInteger(text, 100, 600_000),
      5000,
    )
    .option('--json <file>', 'write the results as JSON; - is the standard output')
    .option('--html <file>', 'write a report that needs no other file')
    .option('--runs <files...>', 'with --html: a matrix of earlier runs, from their JSON')
    .option('--list', 'list the cases and run nothing', false)
    .addHelpText(
      'after',
      `
Exit status 4 means that at least one case failed.

Examples:
  $ tidewire conform ws://127.0.0.1:8081
  $ tidewire conform wss://echo.example --only framing utf8 --html report.html
  $ tidewire conform --listen 9001 --json client.json
  $ tidewire conform --html matrix.html --runs ours.json theirs.json`,
    )
    .action(async (url: string | undefined, flags: ConformFlags) => {
      if (flags.list) return list(flags);
      if (flags.runs !== undefined) return writeMatrix(url, flags);
      const run = await runCases(url, flags);
      if (flags.html !== undefined) writeFileSync(flags.html, formatHtml([run]));
      if (flags.json === '-') console.log(JSON.stringify(run));
      else {
        if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(run, null, 1)}\n`);
        console.log(formatSummary(run, { colour: mayColour() }));
      }
      const { failed } = countVerdicts(run.results);
      if (failed > 0) {
        const cases = failed === 1 ? 'one case' : `${failed} cases`;
        throw new CommandFailure(
          ExitCode.NotConforming,
          `${run.name} failed ${cases} of ${run.results.length}`,
        );
      }
    });
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
      `${url} is no address of a WebSocket server: it begins with ws:// or wss://`,
    );
  }
  const progress = showProgress();
  try {
    return await testServer({ ...optionsOf(flags), url, onResult: progress.update });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(ExitCode.Failure, `${url} cannot be tested: ${reason}`, { cause: error });
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
