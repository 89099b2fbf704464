// The parts a connection and a stream are put together from: one place to see them all, and to replace one in a test.

import { ChannelStream } from './channel-stream.ts';
import { ChannelSubscription } from './channel-subscription.ts';
import { PresenceDesk } from './presence-desk.ts';
import { PublishLanes } from './publish-lanes.ts';
import { SubscriptionSet } from './subscription-set.ts';

export interface ConnectionParts {
  readonly Stream: typeof ChannelStream;
  readonly Subscription: typeof ChannelSubscription;
  readonly Subscriptions: typeof SubscriptionSet;
  readonly Lanes: typeof PublishLanes;
  readonly Presence: typeof PresenceDesk;
}

export const connectionParts: ConnectionParts = Object.freeze({
  Stream: ChannelStream,
  Subscription: ChannelSubscription,
  Subscriptions: SubscriptionSet,
  Lanes: PublishLanes,
  Presence: PresenceDesk,
});
