// The part that the processes of all servers have in common: commands, and what is told of the event loop.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { VictimOptions } from '../attack.ts';
import type { FromVictim, ToVictim, VictimReading } from './messages.ts';

/** How often the event loop is looked at; a loop that does nothing shows this much, which is taken off. */
const RESOLUTION_MS = 2;

export interface Victim {
  readonly port: number;
  readonly counters: () => Readonly<Record<string, number>>;
  broadcast(data: Buffer): void;
  /** Begins the closing handshake on every connection. */
  close(): void;
}

/** Serves the commands of the process that attacks. */
export function serveAttacks(start: (options: VictimOptions) => Promise<Victim>): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const surprises: string[] = [];
  process.on('uncaughtException', (error) => surprises.push(String(error)));
  process.on('unhandledRejection', (reason) => surprises.push(String(reason)));
  const tell = (message: FromVictim): void => void process.send?.(message);
  let victim: Victim | undefined;
  const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const read = (): VictimReading => {
    const loop = { p99Ms: delayMs(delay.percentile(99)), maxMs: delayMs(delay.max) };
    delay.reset();
    return { loop, counters: victim?.counters() ?? {}, surprises };
  };
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
        // What the first let go of is freed by a thread of its own, for which the second waits.
        globalThis.gc?.();
        tell({ type: 'rested' });
        return;
      case 'read':
        tell({ type: 'reading', reading: read() });
        return;
      default:
        message satisfies never;
    }
  });
  process.on('disconnect', () => process.exit());
}
