// Judges what a server answered.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawClient, ReceivedFrame } from '../../websocket/raw-client.ts';
import type { Outcome } from '../attack.ts';

/** How long a server may take to answer, or to cut, before it counts as one that does not. */
export const PATIENCE_MS = 8_000;

export function held(answer: string): Outcome {
  return { isHeld: true, answer };
}

export function failed(answer: string): Outcome {
  return { isHeld: false, answer };
}

export function verdict(isHeld: boolean, answer: string): Outcome {
  return { isHeld, answer };
}

/** What comes first: the promise, or undefined when patience has ended. */
export function inTime<T>(promise: Promise<T>, withinMs = PATIENCE_MS): Promise<T | undefined> {
  const limit = new AbortController();
  return Promise.race([
    promise.finally(() => limit.abort()),
    sleep(withinMs, undefined, { signal: limit.signal }).catch(() => undefined),
  ]);
}

/** Waits until a client's connection is gone; whether it is, in time. */
export async function isCut(client: RawClient, withinMs = PATIENCE_MS): Promise<boolean> {
  if (client.isClosed) return true;
  const closed = new Promise<true>((resolve) => client.socket.once('close', () => resolve(true)));
  client.socket.resume();
  return (await inTime(closed, withinMs)) === true;
}

/** How many of these connections the server has cut, when it had time for all. */
export async function countCut(clients: readonly RawClient[], withinMs = PATIENCE_MS): Promise<number> {
  const cut = await Promise.all(clients.map((client) => isCut(client, withinMs)));
  return cut.filter((isGone) => isGone).length;
}

/** The status of the next answer; 0 when the connection ends without one, undefined when nothing comes. */
export async function statusOf(client: RawClient, withinMs = PATIENCE_MS): Promise<number | undefined> {
  const head = client.head().then(
    (text) => Number(text.slice(9, 12)),
    () => 0,
  );
  return inTime(head, withinMs);
}

/** The code of the Close that comes; 1006 when the connection ends without one, undefined when nothing comes. */
export async function closeCodeOf(client: RawClient, withinMs = PATIENCE_MS): Promise<number | undefined> {
  const code = (async () => {
    for (;;) {
      const frame = await client.frame();
      if (frame.opcode === 8) return frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005;
    }
  })().catch(() => 1006);
  return inTime(code, withinMs);
}

/** How often each value comes, as text: `403 ×9, 101 ×1`. */
export function tally(values: Iterable<unknown>): string {
  const counts = new Map<string, number>();
  for (const value of values) {
    const name = value === undefined ? 'nothing' : String(value);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}

/** Waits until a client may write more, or its connection ends; whether either came in time. */
export async function isDrained({ socket }: RawClient, withinMs = PATIENCE_MS): Promise<boolean> {
  const over = new AbortController();
  const events = ['drain', 'end', 'close'].map((event) => once(socket, event, { signal: over.signal }));
  try {
    // An error is an end as well.
    return (
      (await inTime(
        Promise.race(events).catch(() => true),
        withinMs,
      )) !== undefined
    );
  } finally {
    over.abort();
    await Promise.allSettled(events);
  }
}

/** The next frame with this opcode; undefined when the connection ends, or patience does. */
export function frameOf(
  client: RawClient,
  opcode: number,
  withinMs = PATIENCE_MS,
): Promise<ReceivedFrame | undefined> {
  const found = (async () => {
    for (;;) {
      const frame = await client.frame();
      if (frame.opcode === opcode) return frame;
    }
  })().catch(() => undefined);
  return inTime(found, withinMs);
}
