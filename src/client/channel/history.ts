// Pages of what a channel keeps, as a reader asks for them.

import { isEpoch, isOffset, type PlainData, type Position, UsageError } from '../../channel/index.ts';
import { RequestError } from '../../session/index.ts';
import { channelInternals } from '../internals.ts';
import type { Message, MessageReader } from '../message.ts';
import { requestsOf } from '../requests/requests.ts';
import type { Channel } from './channel.ts';

export interface HistoryQuery {
  /** At most as many; the server may give less.
   * @default 50 */
  readonly limit?: number;
  /** What was published before this position: the latest of it. Neither `before` nor `after`: the latest of all. */
  readonly before?: Position;
  /** What was published after this position: the earliest of it. */
  readonly after?: Position;
  /** Stops waiting. */
  readonly signal?: AbortSignal;
}

export interface HistoryPage<Payload = PlainData> {
  /** The earliest first, whichever way was asked. */
  readonly messages: readonly Message<Payload>[];
  /** `state`: keys that were removed, as messages without data. */
  readonly removed: readonly Message<null>[];
  /** The channel's latest position: subscribe `from` here, and nothing between is missed. */
  readonly head: Position;
  /** For the next page, as the same of `before` and `after`; `undefined`: there is no more. */
  readonly next: Position | undefined;
  /** The position asked for is not kept any more (`trimmed`), or of another epoch: there is nothing on this page. */
  readonly gap?: 'epoch' | 'trimmed';
}

interface Entry {
  readonly o: number;
  readonly d: PlainData;
  readonly ts?: number;
  readonly by?: string;
  readonly k?: string;
  readonly x?: 1;
}

interface Reply {
  readonly e: string;
  readonly o: number;
  readonly m?: readonly Entry[];
  readonly more?: boolean;
  readonly next?: number;
  readonly gap?: 'epoch' | 'trimmed';
}

/**
 * One page of what a channel keeps. Waits for a connection, and asks again when it is lost before the answer.
 * Rejects with a `RequestError`, or with the reason of the signal.
 */
export async function history<Payload>(
  channel: Channel<never, Payload, unknown>,
  query: HistoryQuery = {},
): Promise<HistoryPage<Payload>> {
  const { client, reader } = channelInternals.get(channel)!;
  const { limit = 50, before, after } = query;
  const at = after ?? before;
  if (!isOffset(limit)) throw new UsageError(`limit must be a whole number from 0, got ${limit}`);
  if (at !== undefined && !(isEpoch(at.epoch) && isOffset(at.offset))) {
    throw new UsageError('before and after are positions: an epoch and an offset');
  }
  const packet = {
    t: 'hist',
    ch: channel.name,
    dir: after === undefined ? 'back' : 'fwd',
    n: limit,
    ...(at !== undefined && { e: at.epoch, o: at.offset }),
  } as const;
  const data = await requestsOf(client).ask((machine, { now, done }) => machine.ask(packet, { now, done }), {
    signal: query.signal,
    isRepeatable: true,
  });
  return readHistory(channel.name, data, reader) as HistoryPage<never>;
}

/** @throws {RequestError} when the answer is none. */
function readHistory(channel: string, data: PlainData, reader: MessageReader): HistoryPage {
  const { e: epoch, o, m = [], more, next, gap } = data as unknown as Reply;
  if (typeof epoch !== 'string' || typeof o !== 'number' || !Array.isArray(m)) {
    throw new RequestError({ code: 'internal', msg: 'the server gave no history', retry: 'no' });
  }
  const messages: Message[] = [];
  const removed: Message<null>[] = [];
  for (const entry of m as readonly Entry[]) {
    const message = reader(channel, {
      position: { epoch, offset: entry.o },
      data: entry.d,
      ...(entry.ts !== undefined && { publishedAt: entry.ts }),
      ...(entry.by !== undefined && { publisher: entry.by }),
      ...(entry.k !== undefined && { stateKey: entry.k }),
      ...(entry.x === 1 && { removed: true as const }),
    });
    if (entry.x === 1) removed.push(message as Message<null>);
    else if (message !== undefined) messages.push(message);
  }
  messages.sort((a, b) => a.position.offset - b.position.offset);
  return {
    messages,
    removed,
    head: { epoch, offset: o },
    next: more === true && typeof next === 'number' ? { epoch, offset: next } : undefined,
    ...(gap !== undefined && { gap }),
  };
}
