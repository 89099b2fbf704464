// `tidewire serve`: serves the example chat, page and WebSocket, from one port.

import type { Command } from 'commander';
import {
  addListenFlags,
  allowedOrigins,
  announce,
  type ListenFlags,
  listenFailure,
  localUrl,
  untilSignal,
} from '../listen.ts';

export function addServe(program: Command): void {
  addListenFlags(program.command('serve').description('serve the chat: open it in two browser tabs'), 8080)
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

async function serve(flags: ListenFlags): Promise<void> {
  const { port, host } = flags;
  // Loaded late, so that the other commands start without it.
  const { startChat } = await import('../../../examples/chat/chat-server.ts');
  const options = { port, host, allowedOrigins: allowedOrigins(flags) };
  const chat = await startChat(options).catch((error: unknown) => {
    throw listenFailure(error, flags);
  });
  const ended = untilSignal();
  announce('The chat is', localUrl('http', host, chat.port), flags);
  await ended;
  await chat.close();
}
