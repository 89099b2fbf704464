// Our server of channels as the one that is attacked.

import { z } from 'zod';
import { defineCall, defineChannel, defineContract } from '../../../src/channel/index.ts';
import { createRealtime } from '../../../src/server/index.ts';
import { victimTimes } from './messages.ts';
import type { Victim } from './process.ts';

const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // What peers do wrong is what this is about.
}

export async function startRealtime(): Promise<Victim> {
  const realtime = createRealtime({
    contracts: defineContract({
      title: 'Attacked',
      version: '1.0.0',
      channels: {
        open: defineChannel('open:{id}', {
          class: 'log',
          payload: z.string(),
          history: { maxCount: 10 },
          allow: { subscribe: 'anyone', publish: 'anyone' },
        }),
        members: defineChannel('members:{id}', {
          class: 'log',
          payload: z.string(),
          history: { maxCount: 10 },
          allow: { subscribe: 'authenticated', publish: 'authenticated' },
        }),
        crowd: defineChannel('crowd:{id}', {
          class: 'signal',
          payload: z.string(),
          presence: z.string().max(100),
          allow: { subscribe: 'anyone' },
        }),
      },
      calls: {
        stuck: defineCall({ input: z.null(), output: z.null(), allow: 'anyone', deadlineMs: 60_000 }),
        endless: defineCall({ input: z.null(), output: z.string(), stream: true, allow: 'anyone' }),
      },
    }),
    port: 0,
    host: '127.0.0.1',
    authenticate({ token }) {
      if (token === 'let me in') return { subject: 'ada' };
      if (token === 'for a second') return { subject: 'ada', expiresAt: Date.now() + 1_000 };
      return token === 'of another' ? { subject: 'eve' } : {};
    },
    calls: {
      stuck: (_input, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      async *endless() {
        for (;;) {
          yield 'x'.repeat(1_000);
          await new Promise(setImmediate);
        }
      },
    },
    times: { helloMs: victimTimes.handshakeTimeoutMs },
    webSocket: {
      handshakeTimeoutMs: victimTimes.handshakeTimeoutMs,
      closeTimeoutMs: victimTimes.closeTimeoutMs,
    },
    logger,
  });
  await realtime.listening;
  return {
    port: realtime.address()?.port ?? 0,
    counters() {
      const { limitsReached, badPackets, closed } = realtime.metrics();
      const codes = [...closed].map(([code, count]) => [`closed with ${code}`, count] as const);
      return { ...limitsReached, badPackets, ...Object.fromEntries(codes) };
    },
    broadcast: () => undefined,
    close: () => undefined,
  };
}
