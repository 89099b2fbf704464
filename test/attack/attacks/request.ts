// The requests that attacks send.

import { type RawClient, upgradeRequest } from '../../websocket/raw-client.ts';
import type { Attacker } from '../attack.ts';

/** The head of a good request, but for the fields that are given. */
export function requestTo(
  { target }: Attacker,
  path = target.path,
  headers: Record<string, string> = {},
): string {
  return upgradeRequest({ path, headers: { host: `${target.host}:${target.port}`, ...headers } });
}

/** Sends a request on a connection of its own. */
export async function ask(attacker: Attacker, request: string): Promise<RawClient> {
  const client = await attacker.connect();
  client.socket.write(request, 'latin1');
  return client;
}
