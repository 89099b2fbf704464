// `tidewire conform`: tests a WebSocket server or client against the RFCs, and reports.

import type { Command } from 'commander';
import type { ConformFlags } from '../conform/conform.ts';
import { parseInteger } from '../listen.ts';

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
    .option('--pid <pid>', "measure the memory of the server's process in the heavy cases (Linux)", (text) =>
      parseInteger(text, 1, 2 ** 31 - 1),
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
      // Two thousand cases are loaded only where they are asked for.
      const { conform } = await import('../conform/conform.ts');
      await conform(url, flags);
    });
}
