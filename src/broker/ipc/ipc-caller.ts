// The asking end of a link: matches answers with calls, and items with subscriptions, until the link ends.

import { UsageError } from '../../channel/index.ts';
import type { LostReason } from '../broker.ts';
import { BrokerError } from '../errors.ts';
import { asIpcReply } from './ipc-check.ts';
import type { IpcLink, IpcLinkHandler } from './ipc-link.ts';
import type { IpcCalls, IpcFailure, IpcPosition, IpcRequest } from './ipc-message.ts';
import { RemoteFeed } from './remote-feed.ts';

export interface IpcCallerOptions {
  readonly maxWaiting: number;
  readonly onHandlerError: (error: unknown) => void;
}

/** Why it takes no calls any more. */
interface End {
  readonly code: 'BROKER_CLOSED' | 'BROKER_UNAVAILABLE';
  readonly message: string;
  readonly lost: LostReason;
}

interface Waiting {
  onAnswer(value: unknown): void;
  onFailure(error: Error): void;
}

/** A feed of whatever handler; each is given what its own `deliver` takes. */
type AnyFeed = Pick<RemoteFeed<never>, 'receive' | 'lose'>;

export class IpcCaller implements IpcLinkHandler {
  /** What came of the other process and is no reply: dropped. */
  badMessages = 0;
  readonly #link: IpcLink;
  readonly #options: IpcCallerOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #feeds = new Map<number, AnyFeed>();
  #lastId = 0;
  #end: End | undefined;

  constructor(link: IpcLink, options: IpcCallerOptions) {
    this.#link = link;
    this.#options = options;
    link.start(this);
  }

  call<Name extends keyof IpcCalls>(
    name: Name,
    ...args: Parameters<IpcCalls[Name]>
  ): ReturnType<IpcCalls[Name]> {
    const id = ++this.#lastId;
    const answer = this.#ask({ type: 'call', id, name, args }, (value) => value);
    return answer as ReturnType<IpcCalls[Name]>;
  }

  /** Resolves to a feed that has not been started. */
  listen<Handler extends { onLost(reason: LostReason): void }>(
    to: 'publications' | 'presence',
    args: readonly unknown[],
    deliver: (handler: Handler, item: unknown) => void,
  ): Promise<RemoteFeed<Handler>> {
    const id = ++this.#lastId;
    return this.#ask({ type: 'listen', id, to, args }, (answer) => {
      const feed = new RemoteFeed<Handler>({
        position: (answer as IpcPosition).position,
        deliver,
        request: (type) => {
          if (type === 'stop') this.#feeds.delete(id);
          this.#send({ type, id });
        },
        onHandlerError: this.#options.onHandlerError,
      });
      this.#feeds.set(id, feed);
      return feed;
    });
  }

  /** Takes no calls any more: ends those that wait, and every feed. */
  close(end: End): void {
    if (this.#end !== undefined) return;
    this.#send({ type: 'bye' });
    this.#end = end;
    // What has left this process may take effect in the other.
    const error = new BrokerError(end.code, end.message, { effect: 'unknown' });
    for (const waiting of this.#waiting.values()) waiting.onFailure(error);
    this.#waiting.clear();
    for (const feed of this.#feeds.values()) feed.lose(end.lost);
    this.#feeds.clear();
  }

  onMessage(message: unknown): void {
    const reply = asIpcReply(message);
    if (reply === undefined) {
      this.badMessages++;
      return;
    }
    const { id } = reply;
    switch (reply.type) {
      case 'answer':
        this.#take(id)?.onAnswer(reply.value);
        return;
      case 'failure':
        this.#take(id)?.onFailure(errorOf(reply.failure));
        return;
      case 'item':
        this.#feeds.get(id)?.receive(reply.item);
        return;
      case 'lost': {
        const feed = this.#feeds.get(id);
        this.#feeds.delete(id);
        feed?.lose(reply.reason);
      }
    }
  }

  onEnd(): void {
    const message = 'the process that keeps the broker is gone';
    this.close({ code: 'BROKER_UNAVAILABLE', message, lost: 'unavailable' });
  }

  #ask<Value>(
    request: IpcRequest & { readonly id: number },
    onAnswer: (value: unknown) => Value,
  ): Promise<Value> {
    if (this.#end !== undefined) {
      const { code, message } = this.#end;
      return Promise.reject(new BrokerError(code, message, { effect: 'none' }));
    }
    if (this.#waiting.size >= this.#options.maxWaiting) {
      const message = `${this.#waiting.size} calls wait for the process that keeps the broker already`;
      return Promise.reject(new BrokerError('BROKER_UNAVAILABLE', message, { effect: 'none' }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, {
        onAnswer: (value) => {
          try {
            resolve(onAnswer(value));
          } catch (cause) {
            const message = 'the process that keeps the broker gave what cannot be';
            reject(new BrokerError('BROKER_DAMAGED', message, { effect: 'unknown', cause }));
          }
        },
        onFailure: reject,
      });
      this.#send(request);
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #send(request: IpcRequest): void {
    if (this.#end === undefined) this.#link.send(request, () => {});
  }
}

function errorOf({ code, effect, message }: IpcFailure): Error {
  return code === undefined ? new UsageError(message) : new BrokerError(code, message, { effect });
}
