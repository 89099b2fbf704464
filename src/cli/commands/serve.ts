// `tidewire serve`: serves the example chat, page and WebSocket, from one port.

import type { Command } from 'commander';
import { CommandFailure, ExitCode } from '../exit-code.ts';
import { addListenFlags, allowedOrigins, type ListenFlags, listenFailure, localUrl } from '../listen.ts';
import { type RunningServer, runServer } from '../workers/run-server.ts';
import { addWorkersFlag, type WorkerFlags } from '../workers/worker-flags.ts';

export function addServe(program: Command): void {
  const command = program.command('serve').description('serve the chat: open it in two browser tabs');
  addWorkersFlag(addListenFlags(command, 8080))
    .addHelpText(
      'after',
      `
Examples:
  $ tidewire serve
  $ tidewire serve --host 0.0.0.0 --port 3000      # for the phone in your hand
  $ PORT=3000 tidewire serve --json`,
    )
    .action(serve);
}

function serve(flags: ListenFlags & WorkerFlags): Promise<void> {
  if (flags.workers > 1) {
    const reason =
      'serve keeps the conversation in the memory of one process, and several would each hold a part of it: leave --workers out';
    throw new CommandFailure(ExitCode.Usage, reason);
  }
  return runServer('The chat is', flags, { start: () => startChatServer(flags) });
}

async function startChatServer(flags: ListenFlags): Promise<RunningServer> {
  const { port, host } = flags;
  // Loaded late, so that the other commands start without it.
  const { startChat } = await import('../../../examples/chat/chat-server.ts');
  const options = { port, host, allowedOrigins: allowedOrigins(flags) };
  const chat = await startChat(options).catch((error: unknown) => {
    throw listenFailure(error, flags);
  });
  return { url: localUrl('http', host, chat.port), close: () => chat.close() };
}
