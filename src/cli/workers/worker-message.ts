// What a worker process tells the process that started it, and the one thing it is told.

import type { ExitCode } from '../exit-code.ts';

export type WorkerMessage =
  | { readonly type: 'listening'; readonly url: string }
  /** It cannot do what was asked, and ends: `message` is for the person who typed the command. */
  | { readonly type: 'failed'; readonly exitCode: ExitCode; readonly message: string };

/** Say goodbye to those who are connected, and end. */
export interface StopMessage {
  readonly type: 'stop';
}

export function isStopMessage(message: unknown): message is StopMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop';
}
