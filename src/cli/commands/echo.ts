// `tidewire echo`: a WebSocket server that sends every message back, or on to everyone.

import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { WebSocketServer } from '../../websocket/index.ts';
import { echoHandlers } from '../echo-handlers.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import {
  addListenFlags,
  allowedOrigins,
  type ListenFlags,
  listenFailure,
  localUrl,
  parseInteger,
} from '../listen.ts';
import { readPem } from '../pem-file.ts';
import { type RunningServer, runServer } from '../workers/run-server.ts';
import { addWorkersFlag, type WorkerFlags } from '../workers/worker-flags.ts';

interface EchoFlags extends ListenFlags, WorkerFlags {
  readonly broadcast?: true;
  readonly maxMessageBytes: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const defaultMaxMessageBytes = 64 * 1024 * 1024;

export function addEcho(program: Command): void {
  const command = program
    .command('echo')
    .description('send every message back: a server for tests and benches');
  addWorkersFlag(addListenFlags(command, 8081))
    .option('--broadcast', 'send every message to every connection')
    .option(
      '--max-message-bytes <bytes>',
      'the longest message to take; 1009 closes a longer one',
      (text) => parseInteger(text, 1, 2 ** 30),
      defaultMaxMessageBytes,
    )
    .option('--tls-cert <file>', 'certificate chain in PEM, for wss; needs --tls-key')
    .option('--tls-key <file>', 'private key in PEM')
    .addHelpText(
      'after',
      `
Examples:
  $ tidewire echo
  $ tidewire echo --port 9001 --broadcast
  $ tidewire echo --workers auto                   # a process for each core
  $ tidewire echo --tls-cert cert.pem --tls-key key.pem`,
    )
    .action(echo);
}

function echo(flags: EchoFlags): Promise<void> {
  if (flags.broadcast && flags.workers > 1) {
    const reason = '--broadcast reaches the connections of one process: give it, or --workers, not both';
    throw new CommandFailure(ExitCode.Usage, reason);
  }
  return runServer('The echo is', flags, { start: () => startEcho(flags) });
}

async function startEcho(flags: EchoFlags): Promise<RunningServer> {
  const { port, host, broadcast, maxMessageBytes } = flags;
  const tls = await readTls(flags);
  const server: WebSocketServer = new WebSocketServer({
    port,
    host,
    ...(tls && { tls }),
    allowedOrigins: allowedOrigins(flags),
    // An echo waits for its reader; only a broadcast can pile up at a reader who is slower than the others.
    // And it is there to be tried, wrongly too.
    limits: {
      maxMessageBytes,
      maxQueuedBytes: Math.max(maxMessageBytes, 1024 * 1024),
      maxFailedHandshakesPerMinute: 100_000,
    },
    ...(broadcast ? { message: (_connection, data) => server.broadcast(data) } : echoHandlers),
    // A peer that breaks the protocol has been answered with the right close code; others are not disturbed.
    error() {},
  });
  await server.listening.catch((error: unknown) => {
    throw listenFailure(error, flags);
  });
  return {
    url: localUrl(tls ? 'wss' : 'ws', host, server.address()?.port ?? port),
    close: () => server.close({ timeoutMs: 1_000 }),
  };
}

async function readTls({ tlsCert, tlsKey }: EchoFlags): Promise<{ cert: string; key: string } | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CommandFailure(ExitCode.Usage, '--tls-cert and --tls-key go together: give both, or none');
  }
  const [cert, key] = await Promise.all([readPem('--tls-cert', tlsCert), readPem('--tls-key', tlsKey)]);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(ExitCode.Usage, `--tls-cert and --tls-key cannot be used: ${reason}`, {
      cause: error,
    });
  }
  return { cert, key };
}
