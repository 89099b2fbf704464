// Lets another process use a broker of this one.

import { UsageError } from '../../channel/index.ts';
import type { Broker, BrokerSubscription, LostReason } from '../broker.ts';
import { BrokerError } from '../errors.ts';
import type { PresenceWatch } from '../presence-broker.ts';
import { asIpcRequest } from './ipc-check.ts';
import type { IpcLink, IpcLinkHandler } from './ipc-link.ts';
import type { IpcCalls, IpcFailure, IpcPosition, IpcReply, IpcRequest } from './ipc-message.ts';

export interface IpcHostOptions {
  /** Messages that may wait to leave for the other process; one more, and its subscriptions are lost to `overflow`.
   * @default 10_000 */
  readonly maxUnsent?: number;
}

export const ipcHostDefaults: Required<IpcHostOptions> = Object.freeze({ maxUnsent: 10_000 });

/**
 * Serves the broker to the process at the other end of the link, where an `IpcBroker` stands for it, until the link ends.
 * The broker stays its owner's to close; several links may share it.
 */
export function hostBroker(broker: Broker, link: IpcLink, options: IpcHostOptions = {}): IpcHosting {
  const host = new IpcHost(broker, link, { ...ipcHostDefaults, ...options });
  link.start(host);
  return host;
}

export interface IpcHosting {
  /** What came of the other process and is no message of this kind: dropped, and counted here. */
  readonly badMessages: number;
}

type Source = BrokerSubscription | PresenceWatch;
type Call = (...args: readonly unknown[]) => Promise<unknown>;

class IpcHost implements IpcHosting, IpcLinkHandler {
  badMessages = 0;
  readonly #broker: Broker;
  readonly #link: IpcLink;
  readonly #maxUnsent: number;
  readonly #calls: ReadonlyMap<string, Call>;
  readonly #sources = new Map<number, Source>();
  #unsent = 0;
  #hasEnded = false;

  constructor(broker: Broker, link: IpcLink, { maxUnsent }: Required<IpcHostOptions>) {
    this.#broker = broker;
    this.#link = link;
    this.#maxUnsent = maxUnsent;
    this.#calls = new Map(Object.entries(callsOf(broker) as unknown as Readonly<Record<string, Call>>));
  }

  onMessage(message: unknown): void {
    const request = asIpcRequest(message);
    const call = request?.type === 'call' ? this.#calls.get(request.name) : undefined;
    if (request === undefined || (request.type === 'call' && call === undefined)) {
      this.badMessages++;
      return;
    }
    switch (request.type) {
      case 'call':
        void this.#answer(request.id, () => call!(...request.args));
        return;
      case 'listen':
        void this.#answer(request.id, () => this.#listen(request));
        return;
      case 'start':
        this.#start(request.id);
        return;
      case 'stop':
        this.#sources.get(request.id)?.close();
        this.#sources.delete(request.id);
        return;
      case 'bye':
        this.onEnd();
    }
  }

  onEnd(): void {
    this.#hasEnded = true;
    for (const source of this.#sources.values()) source.close();
    this.#sources.clear();
  }

  async #listen({ id, to, args }: IpcRequest & { type: 'listen' }): Promise<IpcPosition> {
    const [channel, policy] = args as Parameters<Broker['subscribe']>;
    const source =
      to === 'publications'
        ? await this.#broker.subscribe(channel, policy)
        : await this.#broker.presence!.watch(channel);
    if (this.#hasEnded) source.close();
    else this.#sources.set(id, source);
    return { position: source.position };
  }

  #start(id: number): void {
    const onItem = (item: unknown) => this.#tell({ type: 'item', id, item });
    const onLost = (reason: LostReason) => {
      this.#sources.delete(id);
      // The broker that was closed is this process's; to the other one it is merely out of reach.
      this.#tell({ type: 'lost', id, reason: reason === 'closed' ? 'unavailable' : reason });
    };
    this.#sources.get(id)?.start({ onPublication: onItem, onChange: onItem, onLost });
  }

  async #answer(id: number, call: () => Promise<unknown>): Promise<void> {
    try {
      this.#send({ type: 'answer', id, value: await call() });
    } catch (error) {
      this.#send({ type: 'failure', id, failure: failureOf(error) });
    }
  }

  /** Sends a publication or the like; a process that takes none of them any more loses its subscriptions. */
  #tell(reply: IpcReply): void {
    this.#send(reply);
    if (this.#unsent <= this.#maxUnsent) return;
    for (const [id, source] of this.#sources) {
      source.close();
      this.#send({ type: 'lost', id, reason: 'overflow' });
    }
    this.#sources.clear();
  }

  #send(reply: IpcReply): void {
    if (this.#hasEnded) return;
    this.#unsent++;
    this.#link.send(reply, () => {
      this.#unsent--;
    });
  }
}

/** What the other process may call. */
function callsOf(broker: Broker): IpcCalls {
  // Only asked of a broker that has described itself as having them.
  const presence = () => broker.presence!;
  const mailbox = () => broker.mailbox!;
  return {
    describe: async () => ({
      durability: broker.durability,
      hasPresence: broker.presence !== undefined,
      hasMailbox: broker.mailbox !== undefined,
    }),
    publish: (...args) => broker.publish(...args),
    history: (...args) => broker.history(...args),
    put: (...args) => presence().put(...args),
    leave: (...args) => presence().leave(...args),
    renewLease: (...args) => presence().renewLease(...args),
    endLease: (...args) => presence().endLease(...args),
    read: (...args) => presence().read(...args),
    lease: (...args) => mailbox().lease(...args),
    acknowledge: (...args) => mailbox().acknowledge(...args),
    release: (...args) => mailbox().release(...args),
  };
}

function failureOf(error: unknown): IpcFailure {
  if (error instanceof UsageError) return { code: undefined, effect: 'none', message: error.message };
  if (error instanceof BrokerError) {
    const code = error.code === 'BROKER_CLOSED' ? 'BROKER_UNAVAILABLE' : error.code;
    return { code, effect: error.effect, message: error.message };
  }
  return { code: 'BROKER_UNAVAILABLE', effect: 'unknown', message: `the broker failed: ${String(error)}` };
}
