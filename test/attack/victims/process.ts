// The part that the processes of all servers have in common: commands, and what is told of the event loop.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { VictimOptions } from '../attack.ts';
import type { FromVictim, ToVictim } from './messages.ts';

export interface Victim {
  readonly port: number;
  readonly counters: () => Readonly<Record<string, number>>;
  broadcast(data: Buffer): void;
  /** Begins the closing handshake on every connection. */
  close(): void;
}

/** Serves the commands of the process that attacks. */
export function serveAttacks(start: (options: VictimOptions) => Promise<Victim>): void {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const surprises: string[] = [];
  process.on('uncaughtException', (error) => surprises.push(String(error)));
  process.on('unhandledRejection', (reason) => surprises.push(String(reason)));
  const tell = (message: FromVictim): void => void process.send?.(message);
  let victim: Victim | undefined;
  process.on('message', async (message: ToVictim) => {
    switch (message.type) {
      case 'start':
        victim = await start(message.options);
        tell({ type: 'listening', port: victim.port });
        return;
      case 'broadcast':
        for (let index = 0; index < message.times; index += 1) {
          victim?.broadcast(Buffer.alloc(message.bytes, 1));
          await new Promise(setImmediate);
        }
        return;
      case 'close':
        victim?.close();
        return;
      case 'rest':
        globalThis.gc?.();
        tell({
          type: 'resting',
          longestDelayMs: delay.max / 1e6,
          counters: victim?.counters() ?? {},
          surprises,
        });
        delay.reset();
        return;
      default:
        message satisfies never;
    }
  });
  process.on('disconnect', () => process.exit());
}
