// A broker that another process of this machine keeps, so that several processes share its channels.

import type { ChannelPolicy, Draft, Durability, PresenceChange, Publication } from '../../channel/index.ts';
import type {
  Broker,
  BrokerSubscription,
  HistoryPage,
  HistoryQuery,
  PublishAnswer,
  SubscriptionHandler,
} from '../broker.ts';
import type { MailboxBroker } from '../mailbox-broker.ts';
import { throwLater } from '../memory/feed.ts';
import type { PresenceBroker, PresenceHandler } from '../presence-broker.ts';
import { IpcCaller } from './ipc-caller.ts';
import type { IpcLink } from './ipc-link.ts';
import type { IpcDescription } from './ipc-message.ts';

export interface IpcBrokerOptions {
  /** Calls that may wait for an answer; one more is refused with `BROKER_UNAVAILABLE`. @default 100_000 */
  readonly maxWaiting?: number;
  /** A subscription's handler threw. The publication counts as delivered.
   * @default throws it again outside of the call, as an uncaught exception */
  readonly onHandlerError?: (error: unknown) => void;
}

export const ipcBrokerDefaults: Required<IpcBrokerOptions> = Object.freeze({
  maxWaiting: 100_000,
  onHandlerError: throwLater,
});

export class IpcBroker implements Broker {
  readonly durability: Durability;
  readonly presence?: PresenceBroker;
  readonly mailbox?: MailboxBroker;
  readonly #caller: IpcCaller;

  /**
   * Finds the broker that the process at the other end of the link hosts by `hostBroker`. Rejects with a `BrokerError` when
   * the link ends first.
   */
  static async connect(link: IpcLink, options: IpcBrokerOptions = {}): Promise<IpcBroker> {
    const caller = new IpcCaller(link, { ...ipcBrokerDefaults, ...options });
    return new IpcBroker(caller, await caller.call('describe'));
  }

  private constructor(caller: IpcCaller, { durability, hasPresence, hasMailbox }: IpcDescription) {
    this.#caller = caller;
    this.durability = durability;
    if (hasPresence) {
      this.presence = {
        put: (...args) => caller.call('put', ...args),
        leave: (...args) => caller.call('leave', ...args),
        renewLease: (...args) => caller.call('renewLease', ...args),
        endLease: (...args) => caller.call('endLease', ...args),
        read: (...args) => caller.call('read', ...args),
        watch: (channel) =>
          caller.listen('presence', [channel], (handler: PresenceHandler, change) =>
            handler.onChange(change as PresenceChange),
          ),
      };
    }
    if (hasMailbox) {
      this.mailbox = {
        lease: (...args) => caller.call('lease', ...args),
        acknowledge: (...args) => caller.call('acknowledge', ...args),
        release: (...args) => caller.call('release', ...args),
      };
    }
  }

  /** What came of the process that keeps the broker and is no message of this kind: dropped, and counted here. */
  get badMessages(): number {
    return this.#caller.badMessages;
  }

  publish(channel: string, draft: Draft, policy: ChannelPolicy): Promise<PublishAnswer> {
    return this.#caller.call('publish', channel, draft, policy);
  }

  history(channel: string, query: HistoryQuery, policy: ChannelPolicy): Promise<HistoryPage> {
    return this.#caller.call('history', channel, query, policy);
  }

  subscribe(channel: string, policy: ChannelPolicy): Promise<BrokerSubscription> {
    return this.#caller.listen(
      'publications',
      [channel, policy],
      (handler: SubscriptionHandler, publication) => handler.onPublication(publication as Publication),
    );
  }

  /** The broker behind it stays with the process that hosts it. */
  async close(): Promise<void> {
    this.#caller.close({ code: 'BROKER_CLOSED', message: 'the broker was closed', lost: 'closed' });
  }
}
