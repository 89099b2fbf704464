// The store as the broker sees it: calls go to its thread in batches, answers come back in the order of the calls.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type ChannelPolicy, UsageError } from '../../channel/index.ts';
import { BrokerError } from '../errors.ts';
import type {
  CallName,
  FromStore,
  ResultOf,
  StoreAnswer,
  StoreCall,
  StoreCalls,
  StoreLimit,
  StoreOpening,
  StoreSettings,
  ToStore,
} from './store-call.ts';

/** Calls that go into one transaction at most. */
const maxBatch = 1_024;

interface Waiting {
  readonly call: StoreCall;
  onResult(result: StoreCalls[CallName]['result']): void;
  onFailure(error: Error): void;
}

export interface StoreLinkOptions {
  readonly settings: StoreSettings;
  /** Calls that may wait for the disk; one more is refused. */
  readonly maxWaiting: number;
  onLimit(limit: StoreLimit): void;
  /** Subscriptions are lost: the store has been replaced by an empty one, or will answer no more. */
  onTrouble(trouble: 'damaged' | 'replaced' | 'ended'): void;
}

export class StoreLink {
  readonly opening: StoreOpening;
  /** The store's time when it was last written. */
  readonly time: number;
  readonly #worker: Worker;
  readonly #options: StoreLinkOptions;
  readonly #policyNumbers = new WeakMap<ChannelPolicy, number>();
  #newPolicies: [number, ChannelPolicy][] = [];
  #policyCount = 0;
  #waiting: Waiting[] = [];
  #sent: readonly Waiting[] = [];
  #flushIsDue = false;
  /** Why it takes no calls any more. */
  #end: BrokerError | undefined;

  /** @throws {BrokerError | UsageError} saying why the store does not open. */
  static async open(options: StoreLinkOptions): Promise<StoreLink> {
    const worker = new Worker(new URL('./store-thread.js', import.meta.url), {
      workerData: options.settings,
    });
    // It may tell why it does not open, and have ended, before anybody could wait for its end.
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    const [first] = (await once(worker, 'message')) as [FromStore];
    if (first.type === 'open') return new StoreLink(worker, first, options);
    await exit;
    throw errorOf(first as StoreAnswer & { type: 'failed' | 'usage' });
  }

  private constructor(worker: Worker, first: FromStore & { type: 'open' }, options: StoreLinkOptions) {
    this.opening = first.opening;
    this.time = first.time;
    this.#worker = worker;
    this.#options = options;
    worker.on('message', (message: FromStore & { type: 'answers' }) => this.#receive(message));
    worker.on('error', (error) => this.#fail(`the thread of the store failed: ${error.message}`));
    worker.on('exit', () => this.#fail('the thread of the store has ended'));
    // An idle store keeps no process alive.
    worker.unref();
  }

  /** The number by which calls name a policy; the store is told of it with the next batch. */
  numberOf(policy: ChannelPolicy): number {
    let number = this.#policyNumbers.get(policy);
    if (number === undefined) {
      number = this.#policyCount++;
      this.#policyNumbers.set(policy, number);
      this.#newPolicies.push([number, policy]);
    }
    return number;
  }

  /**
   * Sends a call, and hands its result to `onResult` before any later call's result is handed out: what is done there
   * happens in the order of the store. The promise has what `onResult` returns.
   */
  call<Name extends CallName, Value>(
    type: Name,
    call: StoreCalls[Name]['call'],
    onResult: (result: ResultOf<Name>) => Value,
  ): Promise<Value> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#waiting.length >= this.#options.maxWaiting) {
      const message = `${this.#waiting.length} calls wait for the disk already`;
      this.#options.onLimit('maxWaiting');
      return Promise.reject(new BrokerError('BROKER_UNAVAILABLE', message, { effect: 'none' }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        call: { type, ...call } as StoreCall,
        onResult(result) {
          // Whatever is thrown here belongs to this call: the answers behind it must be handed out.
          try {
            resolve(onResult(result as ResultOf<Name>));
          } catch (error) {
            reject(error);
          }
        },
        onFailure: reject,
      });
      this.#schedule();
    });
  }

  /** Ends calls that were not sent, waits for those that were, and for the file to be closed. */
  async close(end: BrokerError): Promise<void> {
    this.#end ??= end;
    for (const waiting of this.#waiting.splice(0)) waiting.onFailure(this.#end);
    const exit = once(this.#worker, 'exit');
    this.#worker.ref();
    this.#send({ type: 'close' });
    if (this.#worker.threadId !== -1) await exit;
  }

  /** All that one turn of the event loop brings, and all that comes while the disk is busy, goes together. */
  #schedule(): void {
    if (this.#flushIsDue || this.#sent.length > 0) return;
    this.#flushIsDue = true;
    setImmediate(() => {
      this.#flushIsDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#sent.length > 0 || this.#waiting.length === 0) return;
    this.#sent = this.#waiting.splice(0, maxBatch);
    const policies = this.#newPolicies;
    this.#newPolicies = [];
    this.#worker.ref();
    this.#send({ type: 'batch', policies, calls: this.#sent.map(({ call }) => call) });
  }

  #send(message: ToStore): void {
    this.#worker.postMessage(message);
  }

  #receive({ answers, trouble }: FromStore & { type: 'answers' }): void {
    const sent = this.#sent;
    this.#sent = [];
    // The next batch is on its way while the answers to this one are handed out.
    if (trouble === undefined) this.#flush();
    if (this.#sent.length === 0 && this.#end === undefined) this.#worker.unref();
    for (const [index, waiting] of sent.entries()) {
      const answer = answers[index]!;
      if (answer.type === 'done') waiting.onResult(answer.result);
      else {
        if (answer.type === 'failed' && answer.limit !== undefined) this.#options.onLimit(answer.limit);
        waiting.onFailure(errorOf(answer));
      }
    }
    if (trouble === undefined) return;
    if (trouble === 'damaged') this.#endWith(errorOf(answers[0] as StoreAnswer & { type: 'failed' }));
    this.#options.onTrouble(trouble);
    this.#flush();
  }

  #fail(message: string): void {
    if (this.#end === undefined) {
      this.#endWith(new BrokerError('BROKER_UNAVAILABLE', message, { effect: 'none' }));
      this.#options.onTrouble('ended');
    }
    const unknown = new BrokerError('BROKER_UNAVAILABLE', message, { effect: 'unknown' });
    const sent = this.#sent;
    this.#sent = [];
    for (const waiting of sent) waiting.onFailure(unknown);
  }

  #endWith(error: Error): void {
    this.#end = error as BrokerError;
    for (const waiting of this.#waiting.splice(0)) waiting.onFailure(error);
  }
}

function errorOf(answer: StoreAnswer & { type: 'failed' | 'usage' }): Error {
  if (answer.type === 'usage') return new UsageError(answer.message);
  return new BrokerError(answer.code, answer.message, { effect: answer.effect });
}
