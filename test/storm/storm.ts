// What all storms share: their contract, their way of waiting, and what they report.

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineChannel, defineContract } from '../../src/channel/index.ts';
import { connect, type RealtimeClient } from '../../src/client/index.ts';
import type { Logger } from '../../src/server/index.ts';
import { WebSocket } from '../../src/websocket/index.ts';

/** Publications that a channel with a small history keeps. */
export const smallHistory = 50;

/** More than any storm publishes. */
export const longHistory = 100_000;

export const stormContract = defineContract({
  title: 'Storm',
  version: '1.0.0',
  channels: {
    long: defineChannel('long:{id}', {
      class: 'log',
      payload: z.string(),
      history: { maxCount: longHistory },
      allow: { subscribe: 'anyone', publish: 'anyone' },
    }),
    short: defineChannel('short:{id}', {
      class: 'log',
      payload: z.string(),
      history: { maxCount: smallHistory },
      allow: { subscribe: 'anyone', publish: 'anyone' },
    }),
  },
});

export interface StormReport {
  /** What the checker found wrong, in words. */
  readonly violations: readonly string[];
  /** Figures to print: no test looks at them. */
  readonly figures: Readonly<Record<string, number | string>>;
}

export type Progress = (line: string) => void;

/** All clients of a storm come from one address, and come back together. */
export const stormLimits = Object.freeze({
  maxConnections: 20_000,
  maxConnectionsPerAddress: 20_000,
  maxHandshakes: 10_000,
  maxHandshakesPerAddress: 10_000,
});

/** A logger that keeps the errors, which there should be none of. */
export function keeping(errors: unknown[]): Logger {
  const ignore = (): void => {};
  return { debug: ignore, info: ignore, warn: ignore, error: (fields) => errors.push(fields) };
}

/** A client without a contract, so that what it is told is what came over the wire. */
export function connectReader(port: number, onError: (error: unknown) => void): RealtimeClient<undefined> {
  return connect(`ws://127.0.0.1:${port}/`, {
    WebSocket,
    onError,
    limits: { maxQueuedPublications: 50_000, maxUnhandled: 1_000 },
    // A greeting that fell silent is given up soon, and a connection counts as good soon: a storm is not to take an hour.
    times: { connectMs: 2_000, welcomeMs: 2_000, steadyMs: 200 },
  });
}

export async function isOpen(client: RealtimeClient<undefined>): Promise<void> {
  if (client.state === 'open') return;
  await new Promise<void>((resolve) => {
    const end = client.onState(({ state }) => {
      if (state !== 'open') return;
      end();
      resolve();
    });
  });
}

/** Waits for something that has no event, and gives up after `withinMs`: what is missing is then found by the judge. */
export async function until(isTrue: () => boolean, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Does something so many times a second, until it is stopped. Resolves when the last has been done. */
export function atRate(perSecond: number, happen: () => Promise<void>): () => Promise<void> {
  const running = new Set<Promise<void>>();
  const began = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - began) * perSecond) / 1000;
    // After a pause of the process it does not make up for everything at once.
    if (due - count > perSecond) count = due - perSecond;
    while (count < due) {
      count++;
      const one = happen().finally(() => running.delete(one));
      running.add(one);
    }
  }, 5);
  return async () => {
    clearInterval(timer);
    await Promise.all(running);
  };
}
