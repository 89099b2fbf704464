// A well-behaved client in a process of its own: sends a message every few milliseconds, and measures how long the echo takes.

import { createHistogram } from 'node:perf_hooks';
import { WebSocket } from '../../src/websocket/index.ts';

export type ToControl =
  | { readonly type: 'start'; readonly url: string; readonly isRealtime: boolean }
  /** Tells what was measured, and begins anew. */
  | { readonly type: 'window' };

export type FromControl =
  | { readonly type: 'open' }
  | {
      readonly type: 'measured';
      readonly answers: number;
      readonly p50Ms: number;
      readonly p99Ms: number;
      readonly isConnected: boolean;
    };

const EVERY_MS = 10;

let histogram = createHistogram();
let isConnected = false;
let sentAt: number | undefined;

function tell(message: FromControl): void {
  process.send?.(message);
}

function start(url: string, isRealtime: boolean): void {
  const socket = new WebSocket(url, isRealtime ? ['tidewire.v1.json'] : [], {
    localAddress: '127.0.0.2',
    rejectUnauthorized: false,
  });
  let isGreeted = !isRealtime;
  socket.addEventListener('open', () => {
    isConnected = true;
    if (isRealtime) socket.send('{"t":"hello","id":1,"v":1}');
    tell({ type: 'open' });
  });
  socket.addEventListener('message', () => {
    isGreeted = true;
    if (sentAt === undefined) return;
    histogram.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
    sentAt = undefined;
  });
  socket.addEventListener('error', () => undefined);
  socket.addEventListener('close', () => {
    isConnected = false;
  });
  setInterval(() => {
    if (!isConnected || !isGreeted || sentAt !== undefined) return;
    sentAt = performance.now();
    socket.send(isRealtime ? '{"t":"ping"}' : 'are you there?');
  }, EVERY_MS);
}

process.on('message', (message: ToControl) => {
  if (message.type === 'start') {
    start(message.url, message.isRealtime);
    return;
  }
  // Whoever still waits for an answer has waited so long.
  if (sentAt !== undefined) histogram.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)));
  tell({
    type: 'measured',
    answers: histogram.count,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    isConnected,
  });
  histogram = createHistogram();
});
process.on('disconnect', () => process.exit());
