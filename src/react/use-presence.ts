// Who is present in a channel as a hook, and oneself among them.

import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type Channel, type ChannelPresence, type MemberList, presence } from '../client/index.ts';
import { MemberStore } from './member-store.ts';

export interface UsePresence<Presence> extends MemberList<Presence> {
  /** Why one could not enter, if one could not. */
  readonly error: unknown;
}

/** How many components hold each channel entered: the last one that goes leaves it. */
const holders = new WeakMap<object, number>();

/**
 * Watches who is in a channel while the component is there. `me`: what the others see of oneself; `undefined`: one only
 * watches. It is plain data, and may be a new object with each rendering.
 */
export function usePresence<Draft, Payload, Presence>(
  channel: Channel<Draft, Payload, Presence>,
  me?: Presence,
): UsePresence<Presence> {
  const there: ChannelPresence<Presence> = presence(channel);
  const store = useMemo(() => new MemberStore(there), [there]);
  const members = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
  const [error, setError] = useState<unknown>();
  const shown = JSON.stringify(me);
  useEffect(() => {
    if (shown === undefined) return;
    holders.set(there, (holders.get(there) ?? 0) + 1);
    there.enter(JSON.parse(shown) as Presence).then(() => setError(undefined), setError);
    return () => {
      holders.set(there, holders.get(there)! - 1);
      // StrictMode, and a change of what is shown, let go and enter again at once: nobody sees one leave.
      void Promise.resolve().then(() => {
        if (holders.get(there) === 0) there.leave();
      });
    };
  }, [there, shown]);
  return { ...members, error };
}
