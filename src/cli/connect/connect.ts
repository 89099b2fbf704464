// Opens the connection of `tidewire connect`, and feeds it from the keyboard, a pipe or `-x`.

import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError, WebSocket } from '../../websocket/index.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { readPem } from '../pem-file.ts';
import { shownAddress } from '../shown-address.ts';
import { type ConnectFlags, defaultWaitSeconds, requestHeaders } from './connect-flags.ts';
import type { ConnectOutput } from './connect-output.ts';
import { ConnectSession } from './connect-session.ts';
import { JsonOutput } from './json-output.ts';
import { PlainOutput } from './plain-output.ts';
import { readLine } from './slash-command.ts';
import { TerminalOutput } from './terminal-output.ts';

/** As much as `tidewire echo` takes. */
const maxMessageBytes = 64 * 1024 * 1024;

/** Resolves, when the connection has ended, to the exit status that tells how. */
export async function connect(url: string, flags: ConnectFlags): Promise<ExitCode> {
  const terminal = new TerminalOutput(process.stdout.isTTY && process.stdout.hasColors());
  const output = flags.json ? new JsonOutput() : process.stdout.isTTY ? terminal : new PlainOutput();
  const atOnce = () => process.exit(ExitCode.Interrupted);
  let interrupt: () => void = atOnce;
  process.on('SIGINT', () => interrupt());
  const socket = await open(url, flags, output);
  const session = new ConnectSession(socket, output);
  let isInterrupted = false;
  interrupt = () => {
    interrupt = atOnce;
    isInterrupted = true;
    session.close();
  };

  if (flags.execute !== undefined) {
    session.send(flags.execute);
    await closeAfterAnswers(session, flags);
  } else if (process.stdin.isTTY) {
    readKeyboard(session, terminal);
  } else {
    await sendLines(session);
    await closeAfterAnswers(session, flags);
  }
  const exitCode = await session.ended;
  return isInterrupted ? ExitCode.Interrupted : exitCode;
}

async function open(url: string, flags: ConnectFlags, output: ConnectOutput): Promise<WebSocket> {
  const startedAt = performance.now();
  const ca = flags.ca === undefined ? undefined : await readPem('--ca', flags.ca);
  const socket = createSocket(url, flags, ca);
  socket.binaryType = 'arraybuffer';
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', ({ message, error }) => {
      reject(
        new CommandFailure(ExitCode.Failure, `cannot connect to ${shownAddress(socket.url)}: ${message}`, {
          cause: error,
        }),
      );
    });
  });
  const { protocol, extensions } = socket;
  output.opened({
    url: shownAddress(socket.url),
    protocol,
    extensions,
    elapsedMs: performance.now() - startedAt,
  });
  return socket;
}

function createSocket(url: string, flags: ConnectFlags, ca: string | undefined): WebSocket {
  try {
    return new WebSocket(url, [...(flags.subprotocol ?? [])], {
      headers: requestHeaders(flags),
      ...(flags.origin !== undefined && { origin: flags.origin }),
      limits: { maxMessageBytes },
      rejectUnauthorized: flags.check,
      ...(ca !== undefined && { ca }),
    });
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof UsageError)) throw error;
    throw new CommandFailure(ExitCode.Usage, error.message, { cause: error });
  }
}

function readKeyboard(session: ConnectSession, terminal: TerminalOutput): void {
  const keyboard = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  terminal.startPrompt(keyboard);
  keyboard.on('line', (line) => {
    try {
      if (line !== '') session.perform(readLine(line));
    } catch (error) {
      terminal.hint(error instanceof Error ? error.message : String(error));
    }
    keyboard.prompt();
  });
  // Readline takes Ctrl+C from the terminal; the one handler for it is the process's.
  keyboard.on('SIGINT', () => process.emit('SIGINT'));
  keyboard.on('close', () => {
    terminal.endPrompt();
    session.close();
  });
  void session.ended.then(() => keyboard.close());
  keyboard.prompt();
}

async function sendLines(session: ConnectSession): Promise<void> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  // The server may end it before the input does.
  void session.ended.then(() => lines.close());
  for await (const line of lines) {
    session.send(line);
    await session.ready();
  }
}

async function closeAfterAnswers(
  session: ConnectSession,
  { wait = defaultWaitSeconds }: ConnectFlags,
): Promise<void> {
  const timer = new AbortController();
  const waited = delay(wait * 1000, undefined, { signal: timer.signal }).catch(() => {
    // Cut short: the connection ended first.
  });
  await Promise.race([session.ended, waited]);
  timer.abort();
  session.close();
}
