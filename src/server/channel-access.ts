// What the server itself does with channels: publish, read history, see who is there. No rule stands in its way.

import type { Broker } from '../broker/index.ts';
import {
  type Contract,
  type Draft,
  findUnplain,
  type PlainData,
  type Position,
  type PresenceMember,
  type Publication,
  UsageError,
} from '../channel/index.ts';
import { errorBody, RequestError } from '../session/index.ts';
import { findChannel, schemaError } from './auth/contract-gate.ts';

export interface PublishOptions {
  /** Of publications with the same key only the first is appended, within the channel's window. */
  readonly key?: string;
}

export interface HistoryOptions {
  /** At most so many publications. @default 100 */
  readonly limit?: number;
  /** Newest first, from below this position; without it, from the newest. */
  readonly before?: Position;
  /** Oldest first, from above this position. Not together with `before`. */
  readonly after?: Position;
}

export interface HistoryResult<Payload> {
  readonly publications: readonly Publication<Payload>[];
  /** Where the channel stood. */
  readonly head: Position;
  /** Whether there is more in this direction; goes on from `next`. */
  readonly more: boolean;
  readonly next: Position;
  /** Why the publications do not follow the position that was asked for. */
  readonly gap: 'epoch' | 'trimmed' | undefined;
}

const membersInPage = 500;

export class ChannelAccess {
  readonly #contract: Contract;
  readonly #broker: Broker;

  constructor(contract: Contract, broker: Broker) {
    this.#contract = contract;
    this.#broker = broker;
  }

  /**
   * @throws {UsageError} when no contract describes the channel, or the payload is no plain data.
   * @throws {RequestError} `schema`, `full`; and what the broker rejects with.
   */
  async publish(channel: string, payload: unknown, { key }: PublishOptions = {}): Promise<Position> {
    const { contract } = findChannel(this.#contract, channel);
    const validation = contract.validatePayload(payload);
    if (validation.type === 'invalid') throw new RequestError(schemaError(validation.issues));
    const problem = findUnplain(validation.value);
    if (problem !== undefined) throw new UsageError(`channel ${channel}: ${problem}`);
    const stateKey = contract.stateKeyOf(validation.value);
    return this.#append(channel, {
      data: validation.value as PlainData,
      ...(key !== undefined && { dedupeKey: key }),
      ...(stateKey !== undefined && { stateKey }),
    });
  }

  /** Takes a key out of a `state` channel. */
  remove(channel: string, stateKey: string): Promise<Position> {
    return this.#append(channel, { data: null, stateKey, removed: true });
  }

  async #append(channel: string, draft: Draft): Promise<Position> {
    const { policy } = findChannel(this.#contract, channel).contract;
    const answer = await this.#broker.publish(channel, draft, policy);
    if (answer.type === 'accepted') return answer.position;
    throw new RequestError(
      answer.reason === 'full'
        ? errorBody('full', 'the channel has no room')
        : errorBody('internal', `the broker answered ${answer.reason}`),
    );
  }

  async history(channel: string, options: HistoryOptions = {}): Promise<HistoryResult<PlainData>> {
    const { limit = 100, before, after } = options;
    if (before !== undefined && after !== undefined) {
      throw new UsageError('history: before and after were both given');
    }
    const { policy } = findChannel(this.#contract, channel).contract;
    const page = await this.#broker.history(
      channel,
      after === undefined
        ? { type: 'backward', limit, ...(before && { before }) }
        : { type: 'forward', limit, after },
      policy,
    );
    const head = { epoch: page.kept.epoch, offset: page.kept.head };
    if (page.type === 'gap') return { publications: [], head, more: false, next: head, gap: page.reason };
    const { publications, more, next } = page;
    return { publications, head, more, next, gap: undefined };
  }

  /** Every member, away ones included. @throws {UsageError} when the channel has no presence. */
  async presence(channel: string): Promise<readonly PresenceMember[]> {
    const { contract } = findChannel(this.#contract, channel);
    const { presence } = this.#broker;
    if (contract.presence === undefined || presence === undefined) {
      throw new UsageError(`channel ${channel} has no presence`);
    }
    const members: PresenceMember[] = [];
    for (let more = true; more; ) {
      const afterKey = members.at(-1)?.key;
      const page = await presence.read(channel, {
        limit: membersInPage,
        ...(afterKey !== undefined && { afterKey }),
      });
      members.push(...page.members);
      more = page.more && page.members.length > 0;
    }
    return members;
  }
}
