// Steps that many cases of the contract share: publish what must be accepted, read what must be a page.

import assert from 'node:assert/strict';
import type { Broker, HistoryPage, HistoryQuery, PublishAnswer } from '../../broker/index.ts';
import {
  type ChannelPolicy,
  type Draft,
  type KeptRange,
  type Position,
  type Publication,
  resolveChannelPolicy,
} from '../../channel/index.ts';

export type Accepted = PublishAnswer & { type: 'accepted' };
export type Page = HistoryPage & { type: 'page' };

export const logPolicy: ChannelPolicy = resolveChannelPolicy({ class: 'log' });

export async function accepted(broker: Broker, draft: Draft, at: [string, ChannelPolicy]): Promise<Accepted> {
  const answer = await broker.publish(at[0], draft, at[1]);
  assert.equal(answer.type, 'accepted', `publish was refused: ${JSON.stringify(answer)}`);
  return answer as Accepted;
}

/** Publishes `from`, `from + 1` … as data, one after the other. */
export async function publishNumbers(
  broker: Broker,
  at: [string, ChannelPolicy],
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  for (let data = range.from; data <= range.to; data++) await accepted(broker, { data }, at);
}

export async function page(broker: Broker, query: HistoryQuery, at: [string, ChannelPolicy]): Promise<Page> {
  const result = await broker.history(at[0], query, at[1]);
  assert.equal(result.type, 'page', `history told a gap: ${JSON.stringify(result)}`);
  return result as Page;
}

export async function gap(
  broker: Broker,
  query: HistoryQuery,
  at: [string, ChannelPolicy],
): Promise<HistoryPage & { type: 'gap' }> {
  const result = await broker.history(at[0], query, at[1]);
  assert.equal(result.type, 'gap', `history told no gap: ${JSON.stringify(result)}`);
  return result as HistoryPage & { type: 'gap' };
}

/** Everything that is kept, read in pages of `limit`. */
export async function readAll(
  broker: Broker,
  at: [string, ChannelPolicy],
  limit = 7,
): Promise<Publication[]> {
  const all: Publication[] = [];
  let next = await page(broker, { type: 'forward', limit }, at);
  all.push(...next.publications);
  while (next.more) {
    next = await page(broker, { type: 'forward', after: next.next, limit }, at);
    all.push(...next.publications);
  }
  return all;
}

export async function kept(broker: Broker, at: [string, ChannelPolicy]): Promise<KeptRange> {
  return (await page(broker, { type: 'forward', limit: 0 }, at)).kept;
}

export function dataOf(publications: readonly Publication[]): unknown[] {
  return publications.map(({ data }) => data);
}

export function offsetsOf(publications: readonly Publication[]): number[] {
  return publications.map(({ offset }) => offset);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export function at(epoch: string, offset: number): Position {
  return { epoch, offset };
}
