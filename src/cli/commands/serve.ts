// `tidewire serve`: serves the example chat, page and channels, from one port.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Broker, BrokerError, MemoryBroker } from '../../broker/index.ts';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { addListenFlags, allowedOrigins, type ListenFlags, listenFailure, localUrl } from '../listen.ts';
import { type RunningServer, runServer } from '../workers/run-server.ts';
import { addWorkersFlag, type WorkerFlags } from '../workers/worker-flags.ts';

interface ServeFlags extends ListenFlags, WorkerFlags {
  readonly data: string;
  readonly memory?: true;
}

export function addServe(program: Command): void {
  const command = program.command('serve').description('serve the chat: open it in two browser tabs');
  addWorkersFlag(addListenFlags(command, 8080))
    .option('--data <folder>', 'folder to keep the messages in', './tidewire-data')
    .option('--memory', 'keep the messages in memory only: they end with the process')
    .addHelpText(
      'after',
      `
Examples:
  $ tidewire serve
  $ tidewire serve --host 0.0.0.0 --port 3000      # for the phone in your hand
  $ tidewire serve --data /var/lib/chat --workers auto
  $ PORT=3000 tidewire serve --memory --json`,
    )
    .action(serve);
}

function serve(flags: ServeFlags): Promise<void> {
  return runServer('The chat is', flags, {
    openBroker: async () => (flags.memory ? undefined : await openStore(flags)) ?? new MemoryBroker(),
    start: (broker = new MemoryBroker()) => startChatServer(flags, broker),
  });
}

async function startChatServer(flags: ServeFlags, broker: Broker): Promise<RunningServer> {
  const { port, host } = flags;
  // Loaded late, so that the other commands start without it.
  const { startChat } = await import('../../../examples/chat/chat-server.ts');
  const options = { port, host, allowedOrigins: allowedOrigins(flags), broker };
  const chat = await startChat(options).catch((error: unknown) => {
    throw listenFailure(error, flags);
  });
  return { url: localUrl('http', host, chat.port), close: () => chat.close() };
}

/** `undefined`, after a warning, where there is no SQLite: then the chat goes on in memory. */
async function openStore({ data }: ServeFlags): Promise<Broker | undefined> {
  const path = resolve(data, 'chat.db');
  const { openSqliteBroker } = await import('../../../examples/chat/chat-store.ts');
  try {
    const broker = await openSqliteBroker(path);
    if (broker.opening === 'renewed') {
      console.error(`tidewire: ${path} is a copy, or lacks its end: what is left can be read`);
    }
    return broker;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    if (error.code !== 'BROKER_UNSUPPORTED') {
      const advice = 'give another folder with --data, or leave it out with --memory';
      throw new CommandFailure(ExitCode.Failure, `${error.message} (${path}): ${advice}`, { cause: error });
    }
    console.error(
      `tidewire: ${error.message}. Until then, messages are kept in memory and end with the process.`,
    );
    return undefined;
  }
}
