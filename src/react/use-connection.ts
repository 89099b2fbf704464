// The state of the connection as a hook, for a line such as "offline, trying again in 3 s".

import { useCallback, useSyncExternalStore } from 'react';
import type { ClientStatus } from '../client/index.ts';

/** What is used of a client: any `RealtimeClient`. */
export interface StatusSource {
  readonly status: ClientStatus;
  onState(listener: () => void): () => void;
}

export function useConnection(client: StatusSource): ClientStatus {
  const subscribe = useCallback((listener: () => void) => client.onState(listener), [client]);
  const status = (): ClientStatus => client.status;
  return useSyncExternalStore(subscribe, status, status);
}
