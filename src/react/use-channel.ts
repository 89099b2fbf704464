// A channel as a hook: its latest messages, and how to publish another.

import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { Channel } from '../client/index.ts';
import { type ChannelMessages, MessageStore, type MessageStoreOptions } from './message-store.ts';

export interface UseChannel<Draft, Payload> extends ChannelMessages<Payload> {
  /** `channel.publish`; the same function with each rendering. */
  readonly publish: Channel<Draft, Payload>['publish'];
}

/**
 * Listens to a channel while the component is there. `client.channel(name)` is the same object each time, so it may stand
 * in the call: `useChannel(client.channel('chat:42'), { history: 50 })`.
 */
export function useChannel<Draft, Payload, Presence>(
  channel: Channel<Draft, Payload, Presence>,
  { limit = 100, history = 0 }: MessageStoreOptions = {},
): UseChannel<Draft, Payload> {
  const store = useMemo(() => new MessageStore(channel, { limit, history }), [channel, limit, history]);
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
  const publish = useCallback<Channel<Draft, Payload>['publish']>(
    (data, options) => channel.publish(data, options),
    [channel],
  );
  return { ...state, publish };
}
