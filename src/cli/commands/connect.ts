// `tidewire connect URL`: talks to a WebSocket server from the keyboard, a pipe or a script.

import type { Command } from 'commander';
import {
  type ConnectFlags,
  collect,
  collectHeader,
  defaultWaitSeconds,
  parseAuth,
  parseSeconds,
} from '../connect/connect-flags.ts';
import type { ExitCode } from '../exit-code.ts';

/** @param finish Is told the exit status when the connection has ended. */
export function addConnect(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('connect')
    .description('talk to a WebSocket server')
    .argument('<url>', 'ws:, wss:, http: or https: address')
    .option('-H, --header <line>', "send a header, such as 'Name: value'; may be repeated", collectHeader)
    .option('-s, --subprotocol <name>', 'offer a subprotocol; may be repeated', collect)
    .option('-o, --origin <origin>', 'send this Origin, as a page from there would')
    .option('--auth <user:password>', 'log in with HTTP Basic authentication', parseAuth)
    .option('--ca <file>', 'trust the certificate authorities in this PEM file, and no others')
    .option('--no-check', 'accept any certificate: only for tests, anyone could listen')
    .option('-x, --execute <message>', 'send this message instead of reading the keyboard')
    .option(
      '-w, --wait <seconds>',
      `with -x or a pipe: wait this long for answers before closing (default: ${defaultWaitSeconds})`,
      parseSeconds,
    )
    .option('--json', 'print every event as a line of JSON')
    .addHelpText(
      'after',
      `
Lines you type are sent. /ping, /pong and /close do what they say, /help shows how, Ctrl+D closes.
In a pipe every line of the standard input is one message, and every message is one line of the standard output.

Examples:
  $ tidewire connect ws://127.0.0.1:8081
  $ tidewire connect wss://example.com/feed -H 'Authorization: Bearer …' -s chat.v2
  $ tidewire connect ws://127.0.0.1:8081 -x '{"type":"hello"}' -w 2
  $ tail -f events.log | tidewire connect ws://127.0.0.1:8081 --json

Exit status: 0 closed normally, 1 could not connect, 2 wrong usage, 3 lost or closed with an error, 130 Ctrl+C.`,
    )
    .action(async (url: string, flags: ConnectFlags) => {
      const { connect } = await import('../connect/connect.ts');
      finish(await connect(url, flags));
    });
}
