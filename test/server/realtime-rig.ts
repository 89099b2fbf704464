// Starts realtime servers for tests, and raw clients that speak packets to them.

import type { TestContext } from 'node:test';
import { z } from 'zod';
import { defineCall, defineChannel, defineContract } from '../../src/channel/index.ts';
import {
  type Authenticate,
  createRealtime,
  type RealtimeOptions,
  type RealtimeServer,
} from '../../src/server/index.ts';
import { jsonCodec, type Packet } from '../../src/session/index.ts';
import { type CloseEvent, WebSocket, type WebSocketOptions } from '../../src/websocket/index.ts';

export const contract = defineContract({
  title: 'Test',
  version: '1.0.0',
  channels: {
    chat: defineChannel('chat:{id}', {
      class: 'log',
      payload: z.object({ text: z.string().min(1), mood: z.string().optional() }),
      presence: z.object({ name: z.string() }),
      allow: { subscribe: 'anyone', publish: 'anyone' },
    }),
    prices: defineChannel('prices', {
      class: 'state',
      payload: z.object({ symbol: z.string(), price: z.number() }),
      stateKey: ({ symbol }) => symbol,
      allow: { subscribe: 'anyone', publish: 'authenticated' },
    }),
    secret: defineChannel('secret:{user}', {
      class: 'log',
      payload: z.unknown(),
      allow: { subscribe: ({ subject }, { user }) => subject === user },
    }),
  },
});

export const callContract = defineContract({
  title: 'Calls',
  version: '1.0.0',
  channels: contract.channels,
  calls: {
    double: defineCall({ input: z.number(), output: z.number(), allow: 'anyone' }),
    ticks: defineCall({ input: z.int(), output: z.int(), stream: true, allow: 'anyone' }),
    mine: defineCall({ input: z.null(), output: z.string(), allow: 'authenticated' }),
  },
});

export type Channels = typeof contract.channels;
export type Calls = typeof callContract.calls;
type NoCalls = Record<never, never>;

/** Lets in whoever names itself: the token is the subject, none is a guest. */
export const byName: Authenticate = ({ token }) => (token === undefined ? {} : { subject: token });

/** A server on a free port of 127.0.0.1, closed when the test ends. Errors of the application go to `errors`. */
export async function openRealtime(
  test: TestContext,
  options: Partial<RealtimeOptions<Channels, NoCalls>> = {},
): Promise<{
  readonly realtime: RealtimeServer<Channels>;
  readonly url: string;
  readonly errors: unknown[];
}> {
  const errors: unknown[] = [];
  const realtime = createRealtime({
    contracts: contract,
    port: 0,
    authenticate: byName,
    logger: collectingLogger(errors),
    ...options,
  });
  test.after(() => realtime.close({ spreadMs: 0, timeoutMs: 1_000 }));
  await realtime.listening;
  return { realtime, url: `ws://127.0.0.1:${realtime.address()?.port}`, errors };
}

export function collectingLogger(errors: unknown[]) {
  const ignore = (): void => {};
  return {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: ({ err }: { readonly err?: unknown }) => errors.push(err),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into packets of every type
export type AnyPacket = Record<string, any>;

/** A client that sends packets as they are given, and hands out what comes in order. */
export class RawClient {
  readonly socket: WebSocket;
  readonly received: AnyPacket[] = [];
  readonly closed: Promise<CloseEvent>;
  readonly opened: Promise<void>;
  readonly #waiting: {
    readonly test: (packet: AnyPacket) => boolean;
    readonly resolve: (packet: AnyPacket) => void;
  }[] = [];
  #id = 0;

  constructor(
    test: TestContext,
    url: string,
    options: WebSocketOptions | string | string[] = jsonCodec.subprotocol,
  ) {
    this.socket = new WebSocket(url, options as string);
    this.socket.binaryType = 'arraybuffer';
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener('close', resolve);
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.addEventListener('open', () => resolve());
      this.socket.addEventListener('error', () => reject(new Error('not opened')));
    });
    this.opened.catch(() => undefined);
    this.socket.addEventListener('message', ({ data }) =>
      this.#receive(jsonCodec.decode(data as string) as AnyPacket),
    );
    test.after(() => this.socket.close());
  }

  send(packet: AnyPacket): void {
    this.socket.send(JSON.stringify(packet));
  }

  /** Sends `hello`; resolves to the `welcome`. */
  async hello(fields: AnyPacket = {}): Promise<AnyPacket> {
    await this.opened;
    this.send({ t: 'hello', id: ++this.#id, v: 1, ...fields });
    return this.next((packet) => packet.t === 'welcome');
  }

  /** Sends a request; resolves to its reply. */
  ask(packet: Omit<Packet, 'id'> | AnyPacket): Promise<AnyPacket> {
    const id = ++this.#id;
    this.send({ ...packet, id });
    return this.next((answer) => answer.t === 'reply' && answer.id === id);
  }

  /** The first packet that was not taken yet and passes the test. */
  next(test: (packet: AnyPacket) => boolean = () => true): Promise<AnyPacket> {
    const index = this.received.findIndex(test);
    if (index >= 0) return Promise.resolve(this.received.splice(index, 1)[0]!);
    return new Promise((resolve) => {
      this.#waiting.push({ test, resolve });
    });
  }

  message(): Promise<AnyPacket> {
    return this.next(({ t }) => t === 'msg');
  }

  #receive(packet: AnyPacket): void {
    const index = this.#waiting.findIndex(({ test }) => test(packet));
    if (index < 0) this.received.push(packet);
    else this.#waiting.splice(index, 1)[0]!.resolve(packet);
  }
}

/** A client that has been welcomed, as this subject. */
export async function welcome(test: TestContext, url: string, subject?: string): Promise<RawClient> {
  const client = new RawClient(test, url);
  await client.hello(subject === undefined ? {} : { auth: subject });
  return client;
}
