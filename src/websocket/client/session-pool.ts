// Finds an HTTP/2 session for a socket: sockets to one origin that are to be connected alike share one.

import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import type { ServerAddress } from './server-address.ts';
import { type SessionSettings, SharedSession } from './shared-session.ts';

/** The sessions of this process, by origin, that further sockets may use. */
const sessions = new Map<string, Set<SharedSession>>();

export interface StreamRequest {
  readonly address: ServerAddress;
  readonly settings: SessionSettings;
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

/** Opens a stream. Rejects with a `ConnectionError`, or with the reason of the signal. */
export async function openStream({
  address,
  settings,
  headers,
  signal,
}: StreamRequest): Promise<ClientHttp2Stream> {
  for (;;) {
    const session = find(address, settings) ?? create(address, settings);
    session.enter();
    try {
      await Promise.race([session.ready, aborted(signal)]);
      const stream = session.request(headers);
      if (stream !== undefined) return stream;
    } catch (error) {
      session.leave();
      throw error;
    }
    // Others were faster, or the server has just gone away: another session it is.
    session.leave();
  }
}

function find(address: ServerAddress, settings: SessionSettings): SharedSession | undefined {
  for (const session of sessions.get(originOf(address)) ?? []) {
    if (!session.isFull && isSame(session.settings, settings)) return session;
  }
  return undefined;
}

function create(address: ServerAddress, settings: SessionSettings): SharedSession {
  const origin = originOf(address);
  const siblings = sessions.get(origin) ?? new Set();
  sessions.set(origin, siblings);
  const session = new SharedSession(address, settings, () => {
    siblings.delete(session);
    if (siblings.size === 0 && sessions.get(origin) === siblings) sessions.delete(origin);
  });
  siblings.add(session);
  return session;
}

function originOf({ isSecure, host, port }: ServerAddress): string {
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}

/** Whether two sockets would be connected in the same way, and to the same trust. */
function isSame(left: SessionSettings, right: SessionSettings): boolean {
  return (
    hasSameValues(left.tls, right.tls) &&
    hasSameValues(left.tcp, right.tcp) &&
    hasSameValues(
      { ...left.route, ...('proxy' in left.route && { proxy: left.route.proxy.href }) },
      { ...right.route, ...('proxy' in right.route && { proxy: right.route.proxy.href }) },
    )
  );
}

function hasSameValues(left: object, right: object): boolean {
  const values = new Map<string, unknown>(Object.entries(left));
  const others = Object.entries(right);
  return (
    values.size === others.length &&
    others.every(([name, value]) => values.has(name) && values.get(name) === value)
  );
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
