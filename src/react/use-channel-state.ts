// A `state` channel as a hook: the latest value of each key.

import { useMemo, useSyncExternalStore } from 'react';
import type { Channel } from '../client/index.ts';
import { type ChannelValues, ValueStore } from './value-store.ts';

/** Listens to a channel of class `state` while the component is there. */
export function useChannelState<Draft, Payload, Presence>(
  channel: Channel<Draft, Payload, Presence>,
): ChannelValues<Payload> {
  const store = useMemo(() => new ValueStore(channel), [channel]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
