// Calls of methods of the server: one answer as a promise, or many items as an async iterator.

import {
  type AnyCallContract,
  type Contract,
  type PlainData,
  UsageError,
  validate,
} from '../../channel/index.ts';
import { isKey, jsonLength, RequestError, type RpcPacket } from '../../session/index.ts';
import { allLimits } from '../client-limits.ts';
import type { CallAnswer, CallInput, CallName, StreamItem, StreamName } from '../contract-inference.ts';
import { type ClientInternals, clientInternals } from '../internals.ts';
import type { RealtimeClient } from '../realtime-client.ts';
import { requestsOf } from './requests.ts';
import { StreamCall } from './stream-call.ts';

export interface CallRequestOptions {
  /** Cancels the call: at the server too. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The call fails with `deadline` after so long, in milliseconds.
   * @default the contract's `deadlineMs`; of a stream, the server's own between items */
  readonly timeoutMs?: number;
}

/**
 * Calls a method of the server. Waits for a connection, and fails with `disconnected` when it is lost before the answer:
 * whether the call was made is not known then.
 *
 * Rejects with a `RequestError`, or with the reason of the signal.
 * @throws {UsageError} when no contract describes the call. */
export async function call<Contracts extends Contract | undefined, const Name extends CallName<Contracts>>(
  client: RealtimeClient<Contracts>,
  name: Name,
  input: CallInput<Contracts, Name>,
  options: CallRequestOptions = {},
): Promise<CallAnswer<Contracts, Name>> {
  const internals = clientInternals.get(client)!;
  const { packet, read } = prepare(internals, { name, input, isStream: false }, options);
  const answer = await requestsOf(internals).ask(
    (machine, { now, done }) => machine.ask(packet, { now, done }),
    { signal: options.signal },
  );
  return read((answer as { readonly d?: PlainData } | null)?.d ?? null) as CallAnswer<Contracts, Name>;
}

/**
 * Calls a method that answers with a stream. The call begins at once; leaving the loop cancels it.
 * @throws {RequestError} `schema`. {UsageError} when no contract describes the call.
 */
export function callStream<Contracts extends Contract | undefined, const Name extends StreamName<Contracts>>(
  client: RealtimeClient<Contracts>,
  name: Name,
  input: CallInput<Contracts, Name>,
  options: CallRequestOptions = {},
): StreamCall<StreamItem<Contracts, Name>> {
  const internals = clientInternals.get(client)!;
  const { packet, read } = prepare(internals, { name, input, isStream: true }, options);
  const { maxUnreadItems } = allLimits(internals.limits);
  let id = 0;
  return new StreamCall(
    (handler) =>
      requestsOf(internals).start(
        (machine, { now, done }) => {
          id = machine.ask({ ...packet, n: maxUnreadItems }, { now, done, onPart: handler.onPart });
          return id;
        },
        { signal: options.signal, done: handler.onDone, onAbort: handler.onAbort },
      ),
    {
      read,
      maxUnreadItems,
      grant: (n) => internals.loop.do((machine) => machine.tell({ t: 'credit', id, n })),
    },
  );
}

function prepare(
  { contracts, isChecked }: ClientInternals,
  { name, input, isStream }: { readonly name: string; readonly input: unknown; readonly isStream: boolean },
  options: CallRequestOptions,
): { readonly packet: Omit<RpcPacket, 'id'>; read(data: PlainData): unknown } {
  const contract = contracts?.findCall(name);
  if (contracts !== undefined && contract?.isStream !== isStream) {
    throw new UsageError(`no contract describes the ${isStream ? 'stream' : 'call'} ${name}`);
  }
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs <= Number.MAX_SAFE_INTEGER)) {
    throw new UsageError(`timeoutMs must be a number of milliseconds from 0, got ${timeoutMs}`);
  }
  if (!isKey(name)) throw new UsageError('the name of a call has 1 to 128 characters');
  const ms = timeoutMs === undefined ? (isStream ? undefined : contract?.deadlineMs) : Math.ceil(timeoutMs);
  const d =
    contract === undefined ? ((input ?? null) as PlainData) : check(contract.input, input, 'bad input');
  if (d !== undefined && jsonLength(d) < 0) {
    throw new RequestError({ code: 'bad_request', msg: 'no packet can carry this', retry: 'no' });
  }
  return {
    packet: { t: 'rpc', m: name, d, ...(ms !== undefined && { ms }) },
    read: (data) =>
      contract === undefined || !isChecked ? data : check(contract.output, data, 'bad answer'),
  };
}

function check(schema: AnyCallContract['input'], value: unknown, what: string): PlainData {
  const validation = validate(schema, value);
  if (validation.type === 'valid') return validation.value as PlainData;
  const { path = '$', message = '' } = validation.issues[0] ?? {};
  throw new RequestError({ code: 'schema', msg: `${what}: ${message}`, retry: 'no', path });
}
