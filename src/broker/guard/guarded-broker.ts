// A broker that is trusted with nothing: every call has a deadline, and every answer is checked before it is used.

import type {
  ChannelPolicy,
  Draft,
  Durability,
  PresenceChange,
  PresenceLeave,
  PresenceMember,
  Publication,
} from '../../channel/index.ts';
import type {
  Broker,
  BrokerSubscription,
  HistoryPage,
  HistoryQuery,
  LostReason,
  PublishAnswer,
  SubscriptionHandler,
} from '../broker.ts';
import type { Clock } from '../clock.ts';
import { BrokerError } from '../errors.ts';
import type { MailboxBroker } from '../mailbox-broker.ts';
import type { NodeLease, PresenceBroker, PresenceHandler, PresenceQuery } from '../presence-broker.ts';
import {
  isAnything,
  isHistoryPage,
  isMailboxLease,
  isOffsets,
  isPosition,
  isPresenceAnswer,
  isPresenceChange,
  isPresencePage,
  isPublication,
  isPublishAnswer,
} from './answer-check.ts';
import { CallDeadline } from './call-deadline.ts';

export interface GuardOptions {
  readonly clock: Clock;
  /** A call that has no answer after so long fails with `BROKER_TIMEOUT`, in milliseconds. */
  readonly callMs: number;
  /** The broker gave what cannot be: to be counted. `what`: the call, or the feed. Must not throw. */
  onFault(what: string): void;
}

/** A subscription or a watch. */
interface Source<Handler> {
  readonly position: unknown;
  start(handler: Handler): void;
  close(): void;
}

export class GuardedBroker implements Broker {
  readonly durability: Durability;
  readonly presence?: PresenceBroker;
  readonly mailbox?: MailboxBroker;
  readonly #broker: Broker;
  readonly #options: GuardOptions;
  readonly #deadline: CallDeadline;

  constructor(broker: Broker, options: GuardOptions) {
    this.#broker = broker;
    this.#options = options;
    this.#deadline = new CallDeadline(options.clock, options.callMs);
    this.durability = broker.durability;
    if (broker.presence !== undefined) this.presence = this.#presenceOf(broker.presence);
    if (broker.mailbox !== undefined) this.mailbox = this.#mailboxOf(broker.mailbox);
  }

  publish(channel: string, draft: Draft, policy: ChannelPolicy): Promise<PublishAnswer> {
    return this.#ask('publish', () => this.#broker.publish(channel, draft, policy), isPublishAnswer);
  }

  history(channel: string, query: HistoryQuery, policy: ChannelPolicy): Promise<HistoryPage> {
    return this.#ask(
      'history',
      () => this.#broker.history(channel, query, policy),
      (page) => isHistoryPage(page, query, policy.class),
    );
  }

  async subscribe(channel: string, policy: ChannelPolicy): Promise<BrokerSubscription> {
    const source = await this.#open('subscribe', () => this.#broker.subscribe(channel, policy));
    return this.#checked(source, {
      isItem: (item) => isPublication(item, policy.class),
      deliver: (handler: SubscriptionHandler, item) => handler.onPublication(item as Publication),
      listen: (deliver, onLost) => source.start({ onPublication: deliver, onLost }),
    });
  }

  close(): Promise<void> {
    return this.#broker.close();
  }

  #presenceOf(presence: PresenceBroker): PresenceBroker {
    return {
      put: (channel: string, member: PresenceMember, lease: NodeLease) =>
        this.#ask('put', () => presence.put(channel, member, lease), isPresenceAnswer),
      leave: (channel: string, leave: PresenceLeave) =>
        this.#ask('leave', () => presence.leave(channel, leave), isPresenceAnswer),
      renewLease: (lease: NodeLease) =>
        this.#ask(
          'renewLease',
          () => presence.renewLease(lease),
          (isHeld) => typeof isHeld === 'boolean',
        ),
      endLease: (node: string) => this.#ask('endLease', () => presence.endLease(node), isAnything),
      read: (channel: string, query: PresenceQuery) =>
        this.#ask(
          'read',
          () => presence.read(channel, query),
          (page) => isPresencePage(page, query.afterKey),
        ),
      watch: async (channel: string) => {
        const source = await this.#open('watch', () => presence.watch(channel));
        return this.#checked(source, {
          isItem: isPresenceChange,
          deliver: (handler: PresenceHandler, item) => handler.onChange(item as PresenceChange),
          listen: (deliver, onLost) => source.start({ onChange: deliver, onLost }),
        });
      },
    };
  }

  #mailboxOf(mailbox: MailboxBroker): MailboxBroker {
    return {
      lease: (channel, request, policy) =>
        this.#ask(
          'lease',
          () => mailbox.lease(channel, request, policy),
          (lease) => isMailboxLease(lease, request.limit),
        ),
      acknowledge: (channel, acknowledgement) =>
        this.#ask('acknowledge', () => mailbox.acknowledge(channel, acknowledgement), isOffsets),
      release: (channel, consumer) =>
        this.#ask('release', () => mailbox.release(channel, consumer), isAnything),
    };
  }

  /** A call with its deadline and its check. What comes after the deadline is handed to `onTooLate`. */
  #ask<Answer>(
    what: string,
    call: () => Promise<Answer>,
    isAnswer: (answer: unknown) => boolean,
    onTooLate: (answer: Answer) => void = () => {},
  ): Promise<Answer> {
    const { callMs, onFault } = this.#options;
    return new Promise((resolve, reject) => {
      const onLate = (): void => {
        const message = `${what}: no answer of the broker within ${callMs} ms`;
        reject(new BrokerError('BROKER_TIMEOUT', message, { effect: 'unknown' }));
      };
      this.#deadline.begin(onLate);
      const settle = (answer: Answer): void => {
        if (!this.#deadline.end(onLate)) return onTooLate(answer);
        if (isAnswer(answer)) return resolve(answer);
        onFault(what);
        const message = `${what}: the broker gave what cannot be`;
        reject(new BrokerError('BROKER_DAMAGED', message, { effect: 'unknown' }));
      };
      const fail = (error: unknown): void => {
        this.#deadline.end(onLate);
        reject(error);
      };
      // What a check throws, as a getter may, is no answer either.
      begun(call).then(settle).catch(fail);
    });
  }

  #open<Opened extends Pick<Source<never>, 'position' | 'close'>>(
    what: string,
    call: () => Promise<Opened>,
  ): Promise<Opened> {
    return this.#ask(
      what,
      call,
      (source) => isPosition((source as Opened | undefined)?.position),
      (source) => source.close(),
    );
  }

  /** The same, but ended at the first item that cannot be: what was left out is read again from history. */
  #checked<Handler extends { onLost(reason: LostReason): void }, Position>(
    source: { readonly position: Position; close(): void },
    feed: {
      isItem(item: unknown): boolean;
      deliver(handler: Handler, item: unknown): void;
      listen(deliver: (item: unknown) => void, onLost: (reason: LostReason) => void): void;
    },
  ): { readonly position: Position; start(handler: Handler): void; close(): void } {
    let hasEnded = false;
    return {
      position: source.position,
      start: (handler) => {
        const lose = (reason: LostReason): void => {
          if (hasEnded) return;
          hasEnded = true;
          handler.onLost(reason);
        };
        const receive = (item: unknown): void => {
          if (hasEnded) return;
          if (feed.isItem(item)) return feed.deliver(handler, item);
          this.#options.onFault('item');
          source.close();
          lose('unavailable');
        };
        feed.listen(receive, lose);
      },
      close: () => {
        hasEnded = true;
        source.close();
      },
    };
  }
}

/** A call that throws at once is one that has failed. */
async function begun<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  return await call();
}
