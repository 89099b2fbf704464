// Requests as promises: they wait for a connection, and are given up by signal or when none comes.

import type { PlainData, Position } from '../channel/index.ts';
import {
  type ClientMachine,
  type ErrorBody,
  errorBody,
  type PublishFields,
  RequestError,
  type RequestResult,
} from '../session/index.ts';
import type { ClientLimits } from './client-options.ts';
import type { MachineLoop } from './machine-loop.ts';
import type { Runtime } from './runtime.ts';

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asking twice does no harm: when the connection is lost before the answer, it is asked again. */
  readonly isRepeatable?: boolean;
}

/** Sends a request by the machine, and calls `done` once. A function that it returns cancels the request. */
export type Send = (
  machine: ClientMachine,
  options: { readonly now: number; done(result: RequestResult): void },
) => unknown;

interface Waiting {
  onOpen(): void;
  fail(error: ErrorBody): void;
}

export class Requests {
  readonly #loop: MachineLoop;
  readonly #runtime: Runtime;
  readonly #limits: ClientLimits;
  /** Wait for a connection. */
  readonly #waiting = new Set<Waiting>();
  /** Publications that wait for their answer. */
  readonly #unanswered = new Set<(error: RequestError) => void>();

  constructor(loop: MachineLoop, runtime: Runtime, limits: ClientLimits) {
    this.#loop = loop;
    this.#runtime = runtime;
    this.#limits = limits;
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  publish(channel: string, fields: PublishFields): Promise<Position> {
    if (this.#unanswered.size >= this.#limits.maxQueuedPublications) {
      const { maxQueuedPublications } = this.#limits;
      const text = `maxQueuedPublications (${maxQueuedPublications}) wait for their answer`;
      return Promise.reject(new RequestError(errorBody('full', text)));
    }
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject);
      this.#loop.do((machine, now) =>
        machine.publish(channel, fields, {
          now,
          done: (result) =>
            this.#loop.tell(() => {
              this.#unanswered.delete(reject);
              if (result.error === undefined) resolve(result.position);
              else reject(new RequestError(result.error));
            }),
        }),
      );
    });
  }

  signal(channel: string, data: PlainData): void {
    this.#loop.do((machine, now) => machine.signal(channel, data, now));
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
      this.#loop.do((machine, now) => {
        const cancelSent = send(machine, { now, done: (result) => this.#loop.tell(() => onResult(result)) });
        giveUp = () => this.#loop.do(() => typeof cancelSent === 'function' && cancelSent());
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

  /** The connection is there. */
  opened(): void {
    for (const { onOpen } of [...this.#waiting]) onOpen();
  }

  /** It does not come back by itself. */
  stopped(message: string): void {
    const error: ErrorBody = { code: 'disconnected', msg: message, retry: 'no' };
    for (const { fail } of [...this.#waiting]) fail(error);
  }

  /** The client was closed: nobody will ever answer. */
  closed(): void {
    const error: ErrorBody = { code: 'disconnected', msg: 'the client was closed', retry: 'no' };
    this.stopped(error.msg);
    for (const reject of this.#unanswered) reject(new RequestError(error));
    this.#unanswered.clear();
  }

  /** Calls one of both, at once or later. In the latter case it returns what ends the waiting. */
  #whenOpen(onOpen: () => void, fail: (error: ErrorBody) => void): (() => void) | undefined {
    const { maxWaitingRequests, requestWaitMs } = this.#limits;
    const state = this.#loop.do((machine) => machine.state);
    if (state === 'open') {
      onOpen();
      return undefined;
    }
    if (state === 'stopped') {
      fail({ code: 'disconnected', msg: 'the client has stopped', retry: 'no' });
      return undefined;
    }
    if (this.#waiting.size >= maxWaitingRequests) {
      fail(errorBody('full', `maxWaitingRequests (${maxWaitingRequests}) wait for a connection`));
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
    const cancelTimer = this.#runtime.setTimer(requestWaitMs, () =>
      waiting.fail({ code: 'disconnected', msg: `no connection within ${requestWaitMs} ms`, retry: 'no' }),
    );
    this.#waiting.add(waiting);
    return end;
  }
}
