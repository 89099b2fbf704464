// Our server of channels as the one that is attacked.

import { z } from 'zod';
import { defineChannel, defineContract } from '../../../src/channel/index.ts';
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
      },
    }),
    port: 0,
    host: '127.0.0.1',
    authenticate: ({ token }) => (token === 'let me in' ? { subject: 'ada' } : {}),
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
    counters: () => ({}),
    broadcast: () => undefined,
    close: () => undefined,
  };
}
