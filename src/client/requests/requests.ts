// Requests as promises: they wait for a connection, and are given up by signal or when none comes.

import type { PlainData } from '../../channel/index.ts';
import { type ClientMachine, type ErrorBody, RequestError, type RequestResult } from '../../session/index.ts';
import { allLimits, type ClientLimits } from '../client-limits.ts';
import type { ClientInternals } from '../internals.ts';

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asking twice does no harm: when the connection is lost before the answer, it is asked again. */
  readonly isRepeatable?: boolean;
}

/** Sends a request by the machine, which calls `done` once. Returns its id. */
export type Send = (
  machine: ClientMachine,
  options: { readonly now: number; done(result: RequestResult): void },
) => number;

interface Waiting {
  onOpen(): void;
  fail(error: ErrorBody): void;
}

export class Requests {
  readonly #client: ClientInternals;
  readonly #limits: ClientLimits;
  /** Sent, and not answered. */
  #open = 0;
  /** Wait for a connection. */
  readonly #waiting = new Set<Waiting>();

  constructor(client: ClientInternals) {
    this.#client = client;
    this.#limits = allLimits(client.limits);
    client.onState(({ state }) => {
      for (const { onOpen, fail } of [...this.#waiting]) {
        if (state === 'open') onOpen();
        else if (state === 'stopped') fail(disconnected('the client has stopped'));
      }
    });
  }

  ask(send: Send, options: AskOptions = {}): Promise<PlainData> {
    return new Promise((resolve, reject) => {
      this.start(send, {
        ...options,
        done: (result) => {
          if (result.error === undefined) resolve(result.data);
          else reject(new RequestError(result.error));
        },
        onAbort: reject,
      });
    });
  }

  /** Calls `done` once, or `onAbort` with the signal's reason. Returns what gives it up, with nothing called. */
  start(
    send: Send,
    options: AskOptions & { done(result: RequestResult): void; onAbort(reason: unknown): void },
  ): () => void {
    const { signal, isRepeatable = false } = options;
    let isOver = false;
    let giveUp: () => void = () => {};
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const cancel = (): void => {
      if (end()) giveUp();
    };
    const onAbort = (): void => {
      if (isOver) return;
      cancel();
      options.onAbort(signal?.reason);
    };
    const onResult = (result: RequestResult): void => {
      if (isOver) return;
      if (isRepeatable && result.error?.code === 'disconnected') {
        giveUp = this.#whenOpen(attempt, onFailed) ?? giveUp;
      } else if (end()) options.done(result);
    };
    const onFailed = (error: ErrorBody): void => {
      if (end()) options.done({ error });
    };
    const attempt = (): void => {
      const { maxOpenRequests } = this.#limits;
      if (this.#open >= maxOpenRequests) {
        return onFailed(full(`maxOpenRequests (${maxOpenRequests}) are not answered`));
      }
      this.#open++;
      const done = (result: RequestResult): void => {
        this.#open--;
        this.#client.loop.tell(() => onResult(result));
      };
      this.#client.loop.do((machine, now) => {
        const id = send(machine, { now, done });
        giveUp = () => this.#client.loop.do(() => machine.tell({ t: 'cancel', id }));
      });
    };
    if (signal?.aborted === true) {
      isOver = true;
      options.onAbort(signal.reason);
      return () => {};
    }
    signal?.addEventListener('abort', onAbort);
    giveUp = this.#whenOpen(attempt, onFailed) ?? giveUp;
    return cancel;
  }

  /** Calls one of both, at once or later. In the latter case it returns what ends the waiting. */
  #whenOpen(onOpen: () => void, fail: (error: ErrorBody) => void): (() => void) | undefined {
    const { loop, runtime } = this.#client;
    const { maxWaitingRequests, requestWaitMs } = this.#limits;
    const state = loop.do((machine) => machine.state);
    if (state === 'open') {
      onOpen();
      return undefined;
    }
    if (state === 'stopped') {
      fail(disconnected('the client has stopped'));
      return undefined;
    }
    if (this.#waiting.size >= maxWaitingRequests) {
      fail(full(`maxWaitingRequests (${maxWaitingRequests}) wait for a connection`));
      return undefined;
    }
    const end = (): void => {
      this.#waiting.delete(waiting);
      cancelTimer();
    };
    const waiting: Waiting = {
      onOpen: () => {
        end();
        onOpen();
      },
      fail: (error) => {
        end();
        fail(error);
      },
    };
    const cancelTimer = runtime.setTimer(requestWaitMs, () =>
      waiting.fail(disconnected(`no connection within ${requestWaitMs} ms`)),
    );
    this.#waiting.add(waiting);
    return end;
  }
}

function full(msg: string): ErrorBody {
  return { code: 'full', msg, retry: 'after' };
}

function disconnected(msg: string): ErrorBody {
  return { code: 'disconnected', msg, retry: 'no' };
}

const requestsOfClients = new WeakMap<ClientInternals, Requests>();

/** The requests of a client. */
export function requestsOf(client: ClientInternals): Requests {
  let requests = requestsOfClients.get(client);
  if (requests === undefined) {
    requests = new Requests(client);
    requestsOfClients.set(client, requests);
  }
  return requests;
}
