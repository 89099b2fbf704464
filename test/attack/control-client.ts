// A well-behaved client in a process of its own: sends a message every few milliseconds, whether or not those before it were
// answered, and measures how long each echo takes. So a server that stands still is noticed for as long as it does.

import { createHistogram } from 'node:perf_hooks';
import { WebSocket } from '../../src/websocket/index.ts';

export type ToControl =
  | { readonly type: 'start'; readonly url: string; readonly isRealtime: boolean }
  /** Tells what was measured, and begins anew. */
  | { readonly type: 'window' };

/** What the client saw in a window of time. */
export interface Measured {
  readonly answers: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly isConnected: boolean;
}

export type FromControl = { readonly type: 'open' } | ({ readonly type: 'measured' } & Measured);

const EVERY_MS = 4;

let histogram = createHistogram();
let isConnected = false;
/** When the messages were sent that are not answered yet; they are answered in turn. */
const sentAt: number[] = [];

function tell(message: FromControl): void {
  process.send?.(message);
}

function record(at: number): void {
  histogram.record(Math.max(1, Math.round((performance.now() - at) * 1000)));
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
    const at = sentAt.shift();
    if (at !== undefined) record(at);
  });
  socket.addEventListener('error', () => undefined);
  socket.addEventListener('close', () => {
    isConnected = false;
  });
  setInterval(() => {
    if (!isConnected || !isGreeted) return;
    sentAt.push(performance.now());
    socket.send(isRealtime ? '{"t":"ping"}' : 'are you there?');
  }, EVERY_MS);
}

function measure(): Measured {
  // Whoever still waits for an answer has waited so long. Its answer belongs to the next window as well.
  for (const at of sentAt) record(at);
  const answers = histogram.count;
  const micros = (percentile: number): number =>
    answers === 0 ? 0 : histogram.percentile(percentile) / 1000;
  const measured = {
    answers,
    p50Ms: micros(50),
    p99Ms: micros(99),
    maxMs: answers === 0 ? 0 : histogram.max / 1000,
    isConnected,
  };
  histogram = createHistogram();
  return measured;
}

process.on('message', (message: ToControl) => {
  if (message.type === 'start') start(message.url, message.isRealtime);
  else tell({ type: 'measured', ...measure() });
});
process.on('disconnect', () => process.exit());
