// Tells the other nodes of a broker what concerns their connections: whom they are to cut off, or to ask about again.

import type { Broker, BrokerSubscription, Clock } from '../../broker/index.ts';
import { type PlainData, type Publication, resolveChannelPolicy } from '../../channel/index.ts';

/** No client can name it: `$` is in no channel name. */
const channel = '$nodes';
const policy = resolveChannelPolicy({ class: 'signal' });
const retryMs = 1_000;

export type NodeCall =
  | { readonly do: 'revoke' | 'authorize'; readonly subject: string }
  | { readonly do: 'revoke'; readonly sid: string };

export interface NodeCallsOptions {
  readonly broker: Broker;
  /** Names this life of the process: what it has told itself it does not hear. */
  readonly node: string;
  readonly clock: Clock;
  /** Another node has called. */
  onCall(call: NodeCall): void;
  report(error: unknown): void;
}

/** At most once: a node that the broker cannot reach at that moment does not hear it. */
export class NodeCalls {
  readonly #options: NodeCallsOptions;
  #subscription: BrokerSubscription | undefined;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;

  constructor(options: NodeCallsOptions) {
    this.#options = options;
    void this.#listen();
  }

  /** To all other nodes. A failure is reported. */
  tell(call: NodeCall): void {
    const { broker, node, report } = this.#options;
    broker.publish(channel, { data: { node, ...call } }, policy).then(undefined, report);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#subscription?.close();
  }

  async #listen(): Promise<void> {
    try {
      const subscription = await this.#options.broker.subscribe(channel, policy);
      if (this.#isClosed) return subscription.close();
      this.#subscription = subscription;
      subscription.start({
        onPublication: (publication) => this.#receive(publication),
        onLost: () => this.#listenLater(),
      });
    } catch {
      // It is tried again, and whoever calls is told what is wrong with the broker.
      this.#listenLater();
    }
  }

  #listenLater(): void {
    if (this.#isClosed) return;
    this.#cancelRetry = this.#options.clock.setTimer(() => void this.#listen(), retryMs);
  }

  #receive({ data }: Publication): void {
    const call = asCall(data);
    if (call === undefined || (data as { readonly node?: unknown }).node === this.#options.node) return;
    this.#options.onCall(call);
  }
}

/** Another version may say other things: they are for others. */
function asCall(data: PlainData): NodeCall | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { do: what, subject, sid } = data as Readonly<Record<string, unknown>>;
  if (what === 'revoke' && typeof sid === 'string') return { do: what, sid };
  if ((what === 'revoke' || what === 'authorize') && typeof subject === 'string')
    return { do: what, subject };
  return undefined;
}
