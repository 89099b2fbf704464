// Waits for what another process says.

import type { ChildProcess } from 'node:child_process';

/** The next message of this type; fails when the process ends before it comes, or after `withinMs`. */
export function nextMessage<
  Message extends { readonly type: string },
  Type extends Message['type'] = Message['type'],
>(child: ChildProcess, type: Type, withinMs = 60_000): Promise<Extract<Message, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(limit);
      child.off('message', receive);
      child.off('exit', exit);
    };
    const receive = (message: unknown): void => {
      if ((message as Message).type !== type) return;
      stop();
      resolve(message as Extract<Message, { type: Type }>);
    };
    const fail = (problem: string): void => {
      stop();
      reject(new Error(problem));
    };
    const exit = (): void => fail(`a process ended before it said ${type}`);
    const limit = setTimeout(() => fail(`a process did not say ${type} within ${withinMs} ms`), withinMs);
    child.on('message', receive);
    child.on('exit', exit);
  });
}
