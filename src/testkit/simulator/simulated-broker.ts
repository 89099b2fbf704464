// The broker of a simulation: the real channel log behind calls that take time, fail, and crash.

import {
  ChannelLog,
  type HistoryPage,
  MemoryPresence,
  memoryParts,
  type NodeLease,
} from '../../broker/index.ts';
import {
  type ChannelPolicy,
  type Draft,
  deliveryTraits,
  type Publication,
  unstoredPosition,
} from '../../channel/index.ts';
import type {
  ChannelSource,
  Failed,
  LeaseOutcome,
  Listener,
  ListenHandler,
  MailboxSource,
  PresenceSource,
  WatchHandler,
} from '../../session/index.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Ledger } from './ledger.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Trace } from './trace.ts';

/** What is left of a store after the broker came back. */
export type Comeback = 'intact' | 'emptied' | 'rolled back';

export interface SimulatedBrokerOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly trace: Trace;
  /** A broker that was restored from an older state must give a new epoch. `false` makes a broker that does not.
   * @default true */
  readonly newEpochAfterRollback?: boolean;
  /** Replaces the draft that is published, in tests of the simulator itself. */
  alterDraft?(draft: Draft): Draft;
}

interface SimulatedChannel {
  readonly name: string;
  readonly policy: ChannelPolicy;
  log: ChannelLog | undefined;
  /** Drafts in their order, to restore from. */
  drafts: Draft[];
  readonly feeds: Set<SimulatedFeed>;
}

/** A node, as the broker sees it: calls of one that died come to nothing. */
export interface BrokerCaller {
  readonly name: string;
  readonly isAlive: boolean;
}

const failedBefore: Failed = Object.freeze({ type: 'failed', effect: 'none' });
const failedAfter: Failed = Object.freeze({ type: 'failed', effect: 'unknown' });

export class SimulatedBroker {
  readonly #options: SimulatedBrokerOptions;
  readonly #channels = new Map<string, SimulatedChannel>();
  #presence: MemoryPresence;
  #isUp = true;
  /** Counts crashes: an answer from before one never arrives. */
  #life = 0;
  #lastEpoch = 0;
  /** Shortest and longest time of one way of a call, in milliseconds. */
  latencyMs: readonly [number, number] = [0.5, 3];
  /** Probability that a call fails, before or after its effect. */
  failure = 0;

  constructor(options: SimulatedBrokerOptions) {
    this.#options = options;
    this.#presence = this.#createPresence();
  }

  get openFeeds(): number {
    let count = 0;
    for (const { feeds } of this.#channels.values()) {
      // Those of a node that died went with its connection.
      for (const feed of feeds) if (feed.isHeard) count++;
    }
    return count;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Members of a channel, as the broker knows them. */
  members(
    channel: string,
  ): readonly { readonly key: string; readonly away?: true; readonly data: unknown }[] {
    return this.#presence.read(channel, { limit: 10_000 }).members;
  }

  /** Entries of a mailbox that nobody has acknowledged. */
  waitingIn(channel: string): number {
    return this.#channels.get(channel)?.log?.mailbox?.size ?? 0;
  }

  /** Everything in memory is gone at once; calls under way are lost. */
  crash(): void {
    this.#isUp = false;
    this.#life++;
    for (const channel of this.#channels.values()) {
      for (const feed of channel.feeds) feed.lose();
      channel.feeds.clear();
    }
    this.#presence.close('unavailable');
    this.#presence = this.#createPresence();
  }

  restart(comeback: Comeback): void {
    this.#isUp = true;
    if (comeback === 'intact') return;
    for (const channel of this.#channels.values()) this.#restore(channel, comeback);
  }

  /** Feeds go silent without a word, as when a subscription is lost by the store itself. */
  silence(): void {
    for (const channel of this.#channels.values()) {
      for (const feed of channel.feeds) feed.isSilent = true;
    }
  }

  /** What a node gets to call. */
  sourceFor(caller: BrokerCaller, lease: NodeLease): ChannelSource {
    const lanes = new Map<string, number>();
    return {
      publish: (name, draft, { policy, done }) => {
        // What one caller publishes to a channel without waiting is sequenced in the order of the calls.
        const at = Math.max(lanes.get(name) ?? 0, this.#arrival());
        lanes.set(name, at);
        this.#call(caller, () => this.#publish(name, draft, policy), { done, failedBefore, failedAfter, at });
      },
      listen: (name, policy, handler) => this.#listen(caller, this.#channel(name, policy), handler),
      history: (name, query, { policy, done }) => {
        const read = (): HistoryPage => {
          const { log } = this.#channel(name, policy);
          const kept = { epoch: unstoredPosition.epoch, horizon: 0, head: 0 };
          const nothing = {
            type: 'page',
            publications: [],
            kept,
            next: unstoredPosition,
            more: false,
          } as const;
          return log === undefined ? nothing : log.read(query, this.#options.clock.now());
        };
        this.#call(caller, read, { done, failedBefore, failedAfter: failedBefore });
      },
      presence: this.#presenceFor(caller, lease),
      mailbox: this.#mailboxFor(caller),
    };
  }

  #publish(name: string, draft: Draft, policy: ChannelPolicy) {
    const { clock, ledger, trace } = this.#options;
    const channel = this.#channel(name, policy);
    const altered = this.#options.alterDraft?.(draft) ?? draft;
    const { log } = channel;
    if (log === undefined) {
      const data = String(draft.data);
      ledger.appendUnstored(name, data);
      this.#tell(channel, { offset: 0, data: draft.data, publishedAt: clock.wallTime() });
      return { type: 'accepted', position: unstoredPosition, duplicate: false } as const;
    }
    const { answer, publication } = log.publish(altered, { now: clock.now(), wallTime: clock.wallTime() });
    if (publication !== undefined) {
      channel.drafts.push(draft);
      const { offset, stateKey, removed = false } = publication;
      const data = removed ? '' : String(publication.data);
      ledger.append(name, { offset, data, stateKey, removed, appendedAt: clock.now() });
      trace.add('append', `${name} ${log.epoch}/${offset}`, () => `${name} ${log.epoch}/${offset} ${data}`);
      this.#tell(channel, publication);
    }
    return answer;
  }

  #tell(channel: SimulatedChannel, publication: Publication): void {
    for (const feed of channel.feeds) feed.deliver(publication);
  }

  #listen(caller: BrokerCaller, channel: SimulatedChannel, handler: ListenHandler): Listener {
    const { clock, random } = this.#options;
    const feed = new SimulatedFeed(
      clock,
      handler,
      () => caller.isAlive,
      () => this.#delay(random),
    );
    const open = () => {
      channel.feeds.add(feed);
      const { log } = channel;
      feed.position = log === undefined ? unstoredPosition : { epoch: log.epoch, offset: log.head };
      return feed.position;
    };
    this.#call(caller, open, {
      done: (position) => {
        if (feed.isClosed) channel.feeds.delete(feed);
        else if ('type' in position) feed.lose();
        else handler.onOpen(position);
      },
      failedBefore,
      failedAfter: failedBefore,
    });
    return {
      start: () => feed.start(),
      close: () => {
        feed.close();
        channel.feeds.delete(feed);
      },
    };
  }

  #mailboxFor(caller: BrokerCaller): MailboxSource {
    return {
      lease: (name, request, { policy, done }) => {
        const lease = () => {
          const { log } = this.#channel(name, policy);
          const now = this.#options.clock.now();
          log!.mailbox!.trim(now);
          return { epoch: log!.epoch, ...log!.mailbox!.lease(request, now) };
        };
        this.#call(caller, lease, { done, failedBefore, failedAfter });
      },
      acknowledge: (name, { consumer, epoch, offsets }) => {
        const acknowledge = (): void => {
          const log = this.#channels.get(name)?.log;
          if (log?.epoch === epoch) log.mailbox?.acknowledge(consumer, offsets);
        };
        this.#call(caller, acknowledge, { done: () => {}, failedBefore: undefined, failedAfter: undefined });
      },
      release: (name, consumer) => {
        const release = (): void => this.#channels.get(name)?.log?.mailbox?.release(consumer);
        this.#call(caller, release, { done: () => {}, failedBefore: undefined, failedAfter: undefined });
      },
    };
  }

  #presenceFor(caller: BrokerCaller, lease: NodeLease): PresenceSource {
    const lanes = { at: 0 };
    const next = (): number => {
      lanes.at = Math.max(lanes.at, this.#arrival());
      return lanes.at;
    };
    const unknown = { failedBefore: 'failed', failedAfter: 'failed' } as const;
    return {
      put: (channel, member, done) => {
        const put = (): LeaseOutcome =>
          this.#presence.put(channel, member, lease).leaseBegan === true ? 'began' : 'held';
        this.#call(caller, put, { done, ...unknown, at: next() });
      },
      leave: (channel, leave, done) => {
        const step = (): boolean => {
          this.#presence.leave(channel, leave);
          return true;
        };
        this.#call(caller, step, { done, failedBefore: false, failedAfter: false, at: next() });
      },
      renew: (done) => {
        const renew = (): LeaseOutcome => (this.#presence.renew(lease) ? 'held' : 'began');
        this.#call(caller, renew, { done, ...unknown });
      },
      watch: (channel, handler) => this.#watch(caller, channel, handler),
    };
  }

  #watch(caller: BrokerCaller, channel: string, handler: WatchHandler) {
    let close = (): void => {};
    let isClosed = false;
    const life = this.#life;
    const lost = (): void => {
      if (!isClosed && caller.isAlive) handler.onLost();
      isClosed = true;
    };
    const open = () => {
      const watch = this.#presence.watch(channel);
      close = () => watch.close();
      return { watch, page: this.#presence.read(channel, { limit: 10_000 }) };
    };
    this.#call(caller, open, {
      done: (opened) => {
        if (isClosed) return close();
        if ('type' in opened || life !== this.#life) return lost();
        handler.onSnapshot(opened.page.members, opened.page.position);
        opened.watch.start({
          onChange: (change) => {
            this.#options.clock.setTimer(() => {
              if (!isClosed && caller.isAlive) handler.onChange(change);
            }, 1);
          },
          onLost: () => this.#options.clock.setTimer(lost, 1),
        });
      },
      failedBefore,
      failedAfter: failedBefore,
    });
    return {
      close: () => {
        isClosed = true;
        close();
      },
    };
  }

  /** A call over a network: it arrives, has its effect, and is answered; each of them unless something breaks. */
  #call<Answer, Failure>(
    caller: BrokerCaller,
    step: () => Answer,
    options: {
      done(answer: Answer | Failure): void;
      readonly failedBefore: Failure;
      readonly failedAfter: Failure;
      readonly at?: number;
    },
  ): void {
    const { clock, random } = this.#options;
    const { done, failedBefore: before, failedAfter: after } = options;
    const answer = (value: Answer | Failure): void => {
      clock.setTimer(() => {
        if (caller.isAlive) done(value);
      }, this.#delay(random));
    };
    const life = this.#life;
    clock.setTimer(
      () => {
        if (!this.#isUp || life !== this.#life) return answer(before);
        if (this.failure > 0 && random.chance(this.failure)) {
          if (random.chance(0.5)) return answer(before);
          step();
          return answer(after);
        }
        const value = step();
        const effectLife = this.#life;
        clock.setTimer(() => {
          // The effect stays, but the answer is lost with the connection to the broker.
          if (caller.isAlive) done(effectLife === this.#life ? value : after);
        }, this.#delay(random));
      },
      (options.at ?? this.#arrival()) - clock.now(),
    );
  }

  #arrival(): number {
    return this.#options.clock.now() + this.#delay(this.#options.random);
  }

  #delay(random: SeededRandom): number {
    const [shortest, longest] = this.latencyMs;
    return shortest + random.float() * (longest - shortest);
  }

  #channel(name: string, policy: ChannelPolicy): SimulatedChannel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { name, policy, log: undefined, drafts: [], feeds: new Set() };
      this.#channels.set(name, channel);
      this.#begin(channel, this.#nextEpoch(), 0);
    }
    return channel;
  }

  #restore(channel: SimulatedChannel, comeback: 'emptied' | 'rolled back'): void {
    const { log } = channel;
    if (log === undefined) return;
    const { random } = this.#options;
    const kept = comeback === 'emptied' ? 0 : random.integer(0, channel.drafts.length);
    const isNewEpoch = comeback === 'emptied' || this.#options.newEpochAfterRollback !== false;
    this.#begin(channel, isNewEpoch ? this.#nextEpoch() : log.epoch, kept);
  }

  #begin(channel: SimulatedChannel, epoch: string, kept: number): void {
    const { clock, ledger, trace } = this.#options;
    const { policy, name } = channel;
    if (!deliveryTraits[policy.class].isStored) return;
    const entries = ledger.current(name)?.entries.slice(0, kept) ?? [];
    channel.log = new ChannelLog({ epoch, policy, parts: memoryParts(policy, 1_000) });
    channel.drafts = channel.drafts.slice(0, kept);
    // Producers and keys belong to the epoch, and are forgotten with it.
    for (const { producer: _, dedupeKey: __, ...draft } of channel.drafts) {
      channel.log.publish(draft, { now: clock.now(), wallTime: clock.wallTime() });
    }
    ledger.begin(name, epoch, entries);
    trace.add('epoch', `${name} ${epoch} ${kept}`, () => `${name} begins ${epoch} with ${kept} restored`);
  }

  #nextEpoch(): string {
    return `e${++this.#lastEpoch}`;
  }

  #createPresence(): MemoryPresence {
    return new MemoryPresence({
      clock: this.#options.clock,
      createEpoch: () => this.#nextEpoch(),
      maxChannels: 10_000,
      maxMembers: 10_000,
      maxHeld: 10_000,
      onHandlerError: (error) => {
        throw error;
      },
    });
  }
}

/** What one node hears of one channel: in order, each at its time, and nothing any more once it was lost. */
class SimulatedFeed {
  readonly #clock: VirtualClock;
  readonly #handler: ListenHandler;
  readonly #checkHeard: () => boolean;
  readonly #delay: () => number;
  #state: 'held' | 'started' | 'closed' = 'held';
  #held: Publication[] = [];
  #arrivesAt = 0;
  position = unstoredPosition;
  isSilent = false;

  constructor(clock: VirtualClock, handler: ListenHandler, isHeard: () => boolean, delay: () => number) {
    this.#clock = clock;
    this.#handler = handler;
    this.#checkHeard = isHeard;
    this.#delay = delay;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get isHeard(): boolean {
    return this.#checkHeard();
  }

  start(): void {
    if (this.#state !== 'held') return;
    this.#state = 'started';
    const held = this.#held;
    this.#held = [];
    for (const publication of held) this.#pass(publication);
  }

  deliver(publication: Publication): void {
    if (this.isSilent) return;
    const at = Math.max(this.#arrivesAt, this.#clock.now() + this.#delay());
    this.#arrivesAt = at;
    this.#clock.setTimer(() => {
      if (this.#state === 'held') this.#held.push(publication);
      else this.#pass(publication);
    }, at - this.#clock.now());
  }

  lose(): void {
    if (this.#state === 'closed') return;
    this.#clock.setTimer(() => {
      if (this.#state === 'closed') return;
      this.#state = 'closed';
      if (this.isHeard) this.#handler.onLost();
    }, this.#delay());
  }

  close(): void {
    this.#state = 'closed';
    this.#held = [];
  }

  #pass(publication: Publication): void {
    if (this.#state === 'started' && this.isHeard) this.#handler.onPublication(publication);
  }
}
