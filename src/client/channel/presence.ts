// Who is present in a channel, and how one is seen there oneself.

import { type PlainData, UsageError } from '../../channel/index.ts';
import { ClientPresence, type ErrorBody, jsonLength, RequestError } from '../../session/index.ts';
import { allLimits } from '../client-limits.ts';
import { type ChannelInternals, type ClientInternals, channelInternals } from '../internals.ts';
import { Listeners } from '../listeners.ts';
import { InvalidPayloadError } from '../message.ts';
import type { Channel } from './channel.ts';

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

const nobody: MemberList<never> = Object.freeze({ members: [], count: 0, isKnown: false });

const presences = new WeakMap<object, ChannelPresence<never>>();
const machines = new WeakMap<ClientInternals, ClientPresence>();

/** The presence of a channel; the same object each time. */
export function presence<Presence>(channel: Channel<never, unknown, Presence>): ChannelPresence<Presence> {
  const known =
    presences.get(channel) ?? new ChannelPresence<never>(channel.name, channelInternals.get(channel)!);
  presences.set(channel, known);
  return known as unknown as ChannelPresence<Presence>;
}

export class ChannelPresence<Presence = PlainData> {
  readonly channel: string;
  readonly #parts: ChannelInternals;
  readonly #machine: ClientPresence;
  readonly #listeners = new Listeners<MemberList<Presence>>();
  #list: MemberList<Presence> = nobody;

  /** Made by `presence`. @throws {UsageError} when the contract gives the channel none. */
  constructor(channel: string, parts: ChannelInternals) {
    if (parts.contract !== undefined && parts.contract.presence === undefined) {
      throw new UsageError(`channel ${channel} has no presence`);
    }
    this.channel = channel;
    this.#parts = parts;
    this.#machine = machineOf(parts.client);
  }

  /** What was told last, while somebody watches. */
  get list(): MemberList<Presence> {
    return this.#list;
  }

  /**
   * Is seen by others from now on, or changes what they see. Resolves when the server has accepted it; it is done again
   * after each reconnect. Rejects with a `RequestError`.
   */
  enter(data: Presence): Promise<void> {
    const { contract, client } = this.#parts;
    let shown = data as PlainData;
    if (contract !== undefined) {
      const validation = contract.validatePresence(data);
      if (validation.type === 'invalid') {
        const { path = '$', message: msg = '' } = validation.issues[0] ?? {};
        return Promise.reject(new RequestError({ code: 'schema', msg, retry: 'no', path }));
      }
      shown = validation.value;
    }
    if (jsonLength(shown) < 0) {
      const msg = 'no packet can carry this';
      return Promise.reject(new RequestError({ code: 'bad_request', msg, retry: 'no' }));
    }
    return new Promise((resolve, reject) => {
      let isPending = true;
      const done = (error: ErrorBody | undefined): void => {
        if (error === undefined) resolve();
        else if (isPending) reject(new RequestError(error));
        else client.report(new RequestError(error));
        isPending = false;
      };
      this.#do((machine) =>
        machine.enter(this.channel, shown, (error) => client.loop.tell(() => done(error))),
      );
    });
  }

  /** Is not seen any more. */
  leave(): void {
    this.#do((machine) => machine.leave(this.channel));
  }

  /** Calls back with all members, and again whenever they change. Returns what ends it. */
  watch(listener: (list: MemberList<Presence>) => void): () => void {
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
      this.#do((machine) => machine.unwatch(this.channel));
    };
  }

  #watch(): void {
    const { loop, report } = this.#parts.client;
    this.#do((machine) =>
      machine.watch(this.channel, {
        onMembers: (members, count) => loop.tell(() => this.#tell(members, count)),
        onRefused: (error) => loop.tell(() => report(new RequestError(error))),
      }),
    );
  }

  #do(act: (machine: ClientPresence) => void): void {
    this.#parts.client.loop.do((machine, now) => {
      // The machine's clock is set first: requests have their deadline from now.
      machine.handleTimeout(now);
      act(this.#machine);
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
    this.#listeners.call(this.#list, this.#parts.client.report);
  }

  #check(data: PlainData): unknown {
    const { contract, client } = this.#parts;
    if (contract === undefined || !client.isChecked) return data;
    try {
      const validation = contract.validatePresence(data);
      if (validation.type === 'valid') return validation.value;
      client.report(new InvalidPayloadError(this.channel, validation.issues));
    } catch (error) {
      client.report(error);
    }
    return undefined;
  }
}

/** The presence machine of a client, made when the first channel asks for it. */
function machineOf(client: ClientInternals): ClientPresence {
  let machine = machines.get(client);
  if (machine === undefined) {
    const { maxMembers } = allLimits(client.limits);
    machine = client.loop.do((whole) =>
      whole.attach((part, clock) => new ClientPresence(part, { clock, maxMembers })),
    );
    machines.set(client, machine);
  }
  return machine;
}
