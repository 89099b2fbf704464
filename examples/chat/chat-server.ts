// The chat as a server: the page over HTTP and its channels over WebSocket, on one port.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Broker, MemoryBroker } from 'tidewire/broker';
import { type Authenticate, type Authorize, createRealtime } from 'tidewire/server';
import { chatContract, readCredential } from './chat-contract.ts';
import { Invalid } from './chat-text.ts';
import { servePage } from './page-files.ts';

export interface ChatOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Origins whose pages may connect, besides our own page, or `'*'`. @default [] */
  readonly allowedOrigins?: readonly string[] | '*';
  /** Keeps the messages. It is closed with the chat. @default a `MemoryBroker`: they end with the process */
  readonly broker?: Broker;
}

export interface Chat {
  readonly port: number;
  close(): Promise<void>;
}

/** What there is before anybody adds a channel. */
const firstChannels = ['general', 'random', 'help'];
const maxChannels = chatContract.channels.channels.policy.history.maxCount;

/** Starts the chat; rejects when it cannot listen. */
export async function startChat(options: ChatOptions): Promise<Chat> {
  const { port, host, allowedOrigins = [], broker = new MemoryBroker() } = options;
  const httpServer = createServer(servePage());
  const channels = new Set<string>();

  /** Other processes on the same broker add channels too. */
  const refresh = async (): Promise<void> => {
    const { publications } = await realtime.history('channels', { limit: maxChannels });
    for (const { data } of publications) channels.add(data.name);
  };
  const isKnown = async (name: string): Promise<boolean> => {
    await refresh();
    return channels.has(name);
  };

  /** Nobody speaks under another name than the one that they are known by, or in a channel that is not there. */
  const authorize: Authorize = (request) => {
    if (request.verb === 'call') return true;
    const { key, verb, parameters, data, identity } = request;
    if (key === 'channels') {
      if (verb !== 'publish') return true;
      channels.add((data as { name: string }).name);
      return channels.size <= maxChannels;
    }
    const { name = identity.claims?.name } = (data ?? {}) as { name?: unknown };
    if (name !== identity.claims?.name) return false;
    const { channel = '' } = parameters;
    return channels.has(channel) || isKnown(channel);
  };

  const realtime = createRealtime({
    contracts: chatContract,
    server: httpServer,
    path: '/realtime',
    authenticate,
    authorize,
    broker,
    // Pages speak the channel protocol.
    plainProfile: false,
    limits: { maxConnections: 500, maxPublishesPerSecond: 50 },
    webSocket: { allowedOrigins },
    calls: { me: (_input, { identity }) => ({ subject: identity.subject ?? '' }) },
  });

  const close = async (): Promise<void> => {
    httpServer.close();
    await realtime.close({ spreadMs: 300, timeoutMs: 1_000 });
    httpServer.closeAllConnections();
    await broker.close();
  };

  try {
    await refresh();
    for (const name of firstChannels) {
      if (channels.has(name)) continue;
      channels.add(name);
      await realtime.publish('channels', { name });
    }
    httpServer.listen(port, host);
    await once(httpServer, 'listening');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port: (httpServer.address() as AddressInfo).port,
    close,
  };
}

/** Whoever shows the same key again is the same person; nobody else can tell the key from what is seen of them. */
const authenticate: Authenticate = ({ token }) => {
  if (token === undefined) return undefined;
  try {
    const { key, name } = readCredential(token);
    const subject = createHash('sha256').update(key).digest('base64url').slice(0, 16);
    return { subject, claims: { name } };
  } catch (error) {
    if (error instanceof Invalid) return undefined;
    throw error;
  }
};
