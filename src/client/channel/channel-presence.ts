// Who is present in a channel, and how one is seen there oneself.

import { type AnyChannelContract, type PlainData, UsageError } from '../../channel/index.ts';
import { type ErrorBody, errorBody, RequestError } from '../../session/index.ts';
import { Listeners } from '../listeners.ts';
import type { MachineLoop } from '../machine-loop.ts';
import { InvalidPayloadError } from '../message.ts';

export interface Member<Presence = PlainData> {
  /** Names the member for as long as it is there: `subject/session`. */
  readonly key: string;
  readonly subject: string;
  readonly data: Presence;
  /** Its connection broke, and it may come back. */
  readonly isAway: boolean;
}

/** A new object with each change, so that two can be compared by identity. */
export interface MemberList<Presence = PlainData> {
  readonly members: readonly Member<Presence>[];
  /** How many there are: more than are listed, in a channel with very many. */
  readonly count: number;
  /** Whether the server has told yet. Stays true, with the last that was known, while there is no connection. */
  readonly isKnown: boolean;
}

export interface PresenceParts {
  readonly channel: string;
  readonly contract: AnyChannelContract | undefined;
  readonly loop: MachineLoop;
  /** Whether what arrives is validated. */
  readonly isChecked: boolean;
  report(error: unknown): void;
}

const nobody: MemberList<never> = Object.freeze({ members: [], count: 0, isKnown: false });

export class ChannelPresence<Draft = PlainData, Presence = Draft> {
  readonly #parts: PresenceParts;
  readonly #listeners = new Listeners<MemberList<Presence>>();
  #list: MemberList<Presence> = nobody;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /** What was told last, while somebody watches. */
  get list(): MemberList<Presence> {
    return this.#list;
  }

  /**
   * Is seen by others from now on, or changes what they see. Resolves when the server has accepted it; it is done again
   * after each reconnect. Rejects with a `RequestError`.
   */
  enter(data: Draft): Promise<void> {
    const { channel, contract, loop } = this.#parts;
    if (contract !== undefined) {
      const validation = contract.validatePresence(data);
      if (validation.type === 'invalid') {
        const { path = '$', message = '' } = validation.issues[0] ?? {};
        return Promise.reject(new RequestError(errorBody('schema', message, { path })));
      }
      data = validation.value;
    }
    return new Promise((resolve, reject) => {
      let isPending = true;
      const done = (error: ErrorBody | undefined): void => {
        if (error === undefined) resolve();
        else if (isPending) reject(new RequestError(error));
        else this.#parts.report(new RequestError(error));
        isPending = false;
      };
      loop.do((machine, now) => {
        // The machine's clock is set first: the request has its deadline from now.
        machine.handleTimeout(now);
        machine.presence.enter(channel, data as PlainData, (error) => loop.tell(() => done(error)));
      });
    });
  }

  /** Is not seen any more. */
  leave(): void {
    this.#parts.loop.do((machine, now) => {
      machine.handleTimeout(now);
      machine.presence.leave(this.#parts.channel);
    });
  }

  /** Calls back with all members, and again whenever they change. Returns what ends it. */
  watch(listener: (list: MemberList<Presence>) => void): () => void {
    const { channel, contract, loop } = this.#parts;
    if (contract !== undefined && contract.presence === undefined) {
      throw new UsageError(`channel ${channel} has no presence`);
    }
    const remove = this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#watch();
    else if (this.#list.isKnown) listener(this.#list);
    let isWatching = true;
    return () => {
      if (!isWatching) return;
      isWatching = false;
      remove();
      if (this.#listeners.size > 0) return;
      this.#list = nobody;
      loop.do((machine, now) => {
        machine.handleTimeout(now);
        machine.presence.unwatch(channel);
      });
    };
  }

  #watch(): void {
    const { channel, loop, report } = this.#parts;
    loop.do((machine, now) => {
      machine.handleTimeout(now);
      machine.presence.watch(channel, {
        onMembers: (members, count) => loop.tell(() => this.#tell(members, count)),
        onRefused: (error) => loop.tell(() => report(new RequestError(error))),
      });
    });
  }

  #tell(
    told: readonly { readonly key: string; readonly data: PlainData; readonly away?: true }[],
    count: number,
  ): void {
    if (this.#listeners.size === 0) return;
    const members: Member<Presence>[] = [];
    for (const { key, data, away } of told) {
      const presence = this.#check(data);
      if (presence === undefined) continue;
      // The subject holds no slash: PROTOCOL.md, section 8.
      const subject = key.slice(0, key.indexOf('/'));
      members.push({ key, subject, data: presence as Presence, isAway: away === true });
    }
    this.#list = { members, count, isKnown: true };
    this.#listeners.call(this.#list, this.#parts.report);
  }

  #check(data: PlainData): unknown {
    const { contract, channel, isChecked, report } = this.#parts;
    if (contract === undefined || !isChecked) return data;
    try {
      const validation = contract.validatePresence(data);
      if (validation.type === 'valid') return validation.value;
      report(new InvalidPayloadError(channel, validation.issues));
    } catch (error) {
      report(error);
    }
    return undefined;
  }
}
