// Gives a broker to a hub: promises become the callbacks of the hub's channel source.

import {
  type Broker,
  BrokerError,
  type BrokerSubscription,
  type MailboxBroker,
  type PresenceBroker,
} from '../../broker/index.ts';
import type { ChannelPolicy } from '../../channel/index.ts';
import type {
  ChannelSource,
  Failed,
  Listener,
  ListenHandler,
  MailboxSource,
  PresenceSource,
} from '../../session/index.ts';
import { watchPresence } from './presence-watch.ts';

export interface BrokerSourceOptions {
  readonly broker: Broker;
  /** Names this life of the process: never used again. */
  readonly node: string;
  /** How long members stay when this node renews their lease no more, in milliseconds. */
  readonly leaseMs: number;
  /** An error that is nobody's answer: of a wrong argument, or of a callback. Must not throw. */
  report(error: unknown): void;
}

export class BrokerSource implements ChannelSource {
  readonly presence?: PresenceSource;
  readonly mailbox?: MailboxSource;
  readonly #broker: Broker;
  readonly #options: BrokerSourceOptions;

  constructor(options: BrokerSourceOptions) {
    this.#options = options;
    this.#broker = options.broker;
    if (options.broker.presence !== undefined) this.presence = this.#presenceOf(options.broker.presence);
    if (options.broker.mailbox !== undefined) this.mailbox = this.#mailboxOf(options.broker.mailbox);
  }

  publish(...[channel, draft, { policy, done }]: Parameters<ChannelSource['publish']>): void {
    this.#settle(this.#broker.publish(channel, draft, policy), done, (error) =>
      done(isFull(error) ? { type: 'refused', reason: 'full' } : failed(error)),
    );
  }

  history(...[channel, query, { policy, done }]: Parameters<ChannelSource['history']>): void {
    this.#settle(this.#broker.history(channel, query, policy), done, (error) => done(failed(error)));
  }

  listen(channel: string, policy: ChannelPolicy, handler: ListenHandler): Listener {
    let subscription: BrokerSubscription | undefined;
    let hasEnded = false;
    const lose = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      handler.onLost();
    };
    const open = (opened: BrokerSubscription): void => {
      if (hasEnded) return opened.close();
      subscription = opened;
      handler.onOpen(opened.position);
    };
    this.#settle(this.#broker.subscribe(channel, policy), open, lose);
    return {
      start: () =>
        subscription?.start({
          onPublication: (publication) => {
            if (!hasEnded) handler.onPublication(publication);
          },
          onLost: lose,
        }),
      close: () => {
        hasEnded = true;
        subscription?.close();
      },
    };
  }

  #presenceOf(presence: PresenceBroker): PresenceSource {
    const lease = { node: this.#options.node, ttlMs: this.#options.leaseMs };
    return {
      put: (channel, member, done) =>
        this.#settle(
          presence.put(channel, member, lease),
          ({ leaseBegan }) => done(leaseBegan === true ? 'began' : 'held'),
          (error) => done(isFull(error) ? 'full' : 'failed'),
        ),
      leave: (channel, leave, done) =>
        this.#settle(
          presence.leave(channel, leave),
          () => done(true),
          () => done(false),
        ),
      renew: (done) =>
        this.#settle(
          presence.renewLease(lease),
          (isHeld) => done(isHeld ? 'held' : 'began'),
          () => done('failed'),
        ),
      watch: (channel, handler) => {
        const { watch, ended } = watchPresence(presence, channel, handler);
        this.#settle(
          ended,
          () => {},
          () => {},
        );
        return watch;
      },
    };
  }

  #mailboxOf(mailbox: MailboxBroker): MailboxSource {
    const ignore = (): void => {};
    return {
      lease: (channel, request, { policy, done }) =>
        this.#settle(mailbox.lease(channel, request, policy), done, (error) => done(failed(error))),
      // Without its acknowledgement or release an entry comes again when its lease has run out: at least once.
      acknowledge: (channel, acknowledgement) =>
        this.#settle(mailbox.acknowledge(channel, acknowledgement), ignore, ignore),
      release: (channel, consumer) => this.#settle(mailbox.release(channel, consumer), ignore, ignore),
    };
  }

  /** One way for every call: no rejection is left alone, and only a broker may fail without a report. */
  #settle<Answer>(
    call: Promise<Answer>,
    onAnswer: (answer: Answer) => void,
    onError: (error: unknown) => void,
  ): void {
    const { report } = this.#options;
    call
      .then(onAnswer, (error: unknown) => {
        if (!(error instanceof BrokerError)) report(error);
        onError(error);
      })
      .catch(report);
  }
}

/** The broker keeps as much as it may: nothing has happened. */
function isFull(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'BROKER_FULL' && error.effect === 'none';
}

/** What is not a `BrokerError` is an argument that was refused: then nothing has happened. */
function failed(error: unknown): Failed {
  return { type: 'failed', effect: error instanceof BrokerError ? error.effect : 'none' };
}
