// Calls: one answer as a promise, or many items as an async iterator.

import { type AnyCallContract, type PlainData, validate } from '../channel/index.ts';
import { errorBody, RequestError } from '../session/index.ts';
import type { Requests } from './requests.ts';
import { StreamCall } from './stream-call.ts';

export interface CallRequestOptions {
  /** Cancels the call: at the server too. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The call fails with `deadline` after so long, in milliseconds.
   * @default the contract's `deadlineMs`; of a stream, the server's own between items */
  readonly timeoutMs?: number;
}

export interface CallHost {
  readonly requests: Requests;
  readonly maxUnreadItems: number;
  /** Whether answers are validated. */
  readonly isChecked: boolean;
}

export function startCall(
  host: CallHost,
  call: {
    readonly method: string;
    readonly input: unknown;
    readonly contract: AnyCallContract | undefined;
    readonly isStream: boolean;
  },
  options: CallRequestOptions,
): Promise<unknown> | StreamCall<unknown> {
  const { method, contract, isStream } = call;
  const timeoutMs = options.timeoutMs ?? (isStream ? undefined : contract?.deadlineMs);
  const packet = {
    m: method,
    d: checkInput(contract, call.input),
    ...(timeoutMs !== undefined && { ms: timeoutMs }),
  };
  const read = (data: PlainData): unknown => (host.isChecked ? checkOutput(contract, data) : data);
  if (isStream) {
    return new StreamCall(
      (handler) =>
        host.requests.start(
          (machine, { now, done }) => machine.call(packet, { now, done, onPart: handler.onPart }),
          { signal: options.signal, done: handler.onDone, onAbort: handler.onAbort },
        ),
      { read, maxUnreadItems: host.maxUnreadItems },
    );
  }
  return host.requests
    .ask((machine, { now, done }) => machine.call(packet, { now, done }), { signal: options.signal })
    .then((answer) => read((answer as { readonly d?: PlainData } | null)?.d ?? null));
}

function checkInput(contract: AnyCallContract | undefined, input: unknown): PlainData {
  if (contract === undefined) return (input ?? null) as PlainData;
  return check(contract.input, input, 'bad input');
}

function checkOutput(contract: AnyCallContract | undefined, output: PlainData): unknown {
  return contract === undefined ? output : check(contract.output, output, 'bad answer');
}

function check(schema: AnyCallContract['input'], value: unknown, what: string): PlainData {
  const validation = validate(schema, value);
  if (validation.type === 'valid') return validation.value as PlainData;
  const { path = '$', message = '' } = validation.issues[0] ?? {};
  throw new RequestError(errorBody('schema', `${what}: ${message}`, { path }));
}
