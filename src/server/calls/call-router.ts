// Answers the calls of the hub: permitted by the gate, handled by the application, validated by the contract.

import {
  type AnyCallContract,
  type Contract,
  findUnplain,
  type PlainData,
  UsageError,
  validate,
} from '../../channel/index.ts';
import {
  type Call,
  type CallHandler,
  type CallRequest,
  type ErrorBody,
  errorBody,
  RequestError,
} from '../../session/index.ts';
import type { ContractGate } from '../auth/contract-gate.ts';
import type { Identity } from '../auth/identity.ts';
import { type AnyCallHandler, compose, type Middleware } from './call-handlers.ts';
import { StreamPump } from './stream-pump.ts';

export interface CallRouterOptions {
  readonly contract: Contract;
  readonly gate: ContractGate;
  readonly handlers: Readonly<Record<string, AnyCallHandler>>;
  readonly use: readonly Middleware[];
  report(error: unknown): void;
}

export class CallRouter {
  readonly #options: CallRouterOptions;
  readonly #handlers = new Map<string, AnyCallHandler>();

  /** @throws {UsageError} when a call has no handler, or a handler no call. */
  constructor(options: CallRouterOptions) {
    this.#options = options;
    const { contract, handlers, use } = options;
    for (const name of Object.keys(contract.calls)) {
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
      if (typeof handler !== 'function') throw new UsageError(`calls: no handler for ${name}`);
      this.#handlers.set(name, compose(use, handler));
    }
    for (const name of Object.keys(handlers)) {
      if (!this.#handlers.has(name)) throw new UsageError(`calls: the contract has no call ${name}`);
    }
  }

  call({ identity, method, data }: CallRequest, handler: CallHandler): Call {
    const { contract, gate } = this.#options;
    const running = new RunningCall(handler, this.#options.report);
    const { deadlineMs, isStream } = contract.findCall(method) ?? {};
    const authorizeAgain = (now: unknown): void =>
      gate.authorizeCall({ identity: now as Identity, name: method, data }, (answer) => {
        if (answer.type === 'refused') running.end(answer.error);
      });
    gate.authorizeCall({ identity: identity as Identity, name: method, data }, (answer) => {
      if (answer.type === 'refused') return running.fail(answer.error);
      const answering = this.#handlers.get(method)!;
      running.run(answer.call, (signal) => {
        const { subject } = identity as Identity;
        const context = { call: method, identity: identity as Identity, subject, signal, state: new Map() };
        return answering(answer.input, context);
      });
    });
    return {
      cancel: () => running.cancel(),
      resume: () => running.resume(),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(isStream === true && { authorizeAgain }),
    };
  }
}

class RunningCall {
  readonly #handler: CallHandler;
  readonly #report: (error: unknown) => void;
  readonly #abort = new AbortController();
  #pump: StreamPump | undefined;
  #isOver = false;

  constructor(handler: CallHandler, report: (error: unknown) => void) {
    this.#handler = handler;
    this.#report = report;
  }

  run(call: AnyCallContract, answer: (signal: AbortSignal) => unknown): void {
    if (this.#isOver) return;
    this.#answer(call, answer).catch((error: unknown) => this.#failWith(error));
  }

  cancel(): void {
    this.#isOver = true;
    this.#abort.abort();
    this.#pump?.stop();
  }

  resume(): void {
    this.#pump?.resume();
  }

  fail(error: ErrorBody): void {
    this.#finish({ error });
  }

  /** It goes on no more. */
  end(error: ErrorBody): void {
    this.fail(error);
    this.cancel();
  }

  async #answer(call: AnyCallContract, answer: (signal: AbortSignal) => unknown): Promise<void> {
    const result = await answer(this.#abort.signal);
    if (!call.isStream) return this.#finish({ data: checkOutput(call, result) });
    if (!isAsyncIterable(result)) throw new UsageError('a stream is answered by an async iterable');
    const pump = new StreamPump(result, {
      onItem: (item) => this.#handler.onPart(checkOutput(call, item)),
      report: this.#report,
    });
    this.#pump = pump;
    if (this.#isOver) pump.stop();
    await pump.run();
    this.#finish({ data: null });
  }

  #failWith(error: unknown): void {
    if (error instanceof RequestError && findUnplain(error.body) === undefined) {
      return this.#finish({ error: error.body });
    }
    // What a handler throws because nobody waits any more is no news.
    if (!this.#isOver) this.#report(error);
    this.#finish({ error: errorBody('internal', 'the call failed') });
  }

  #finish(answer: Parameters<CallHandler['onDone']>[0]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onDone(answer);
  }
}

/** An answer that does not fit the contract is the server's own fault: reported, not sent. */
function checkOutput(call: AnyCallContract, value: unknown): PlainData {
  const validation = validate(call.output, value);
  if (validation.type === 'valid') {
    const data = validation.value ?? null;
    const problem = findUnplain(data);
    if (problem !== undefined) throw new TypeError(`a call's answer cannot travel: ${problem}`);
    return data as PlainData;
  }
  const [first] = validation.issues;
  throw new TypeError(`a call's answer does not fit its contract: ${first?.path} ${first?.message}`);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
