// What the other process may send: everything else is dropped. It may be of another version, or taken over.

import { isOffset } from '../../channel/index.ts';
import type { IpcReply, IpcRequest } from './ipc-message.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (fields: Fields) => boolean;

const feeds: readonly unknown[] = ['publications', 'presence'];
const lostReasons: readonly unknown[] = ['epoch', 'overflow', 'unavailable', 'closed'];
const effects: readonly unknown[] = ['none', 'unknown'];

const requests: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  ['call', ({ id, name, args }) => isOffset(id) && typeof name === 'string' && Array.isArray(args)],
  ['listen', ({ id, to, args }) => isOffset(id) && feeds.includes(to) && Array.isArray(args)],
  ['start', ({ id }) => isOffset(id)],
  ['stop', ({ id }) => isOffset(id)],
  ['bye', () => true],
]);

const replies: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  ['answer', ({ id }) => isOffset(id)],
  ['failure', ({ id, failure }) => isOffset(id) && isFailure(failure)],
  ['item', ({ id }) => isOffset(id)],
  ['lost', ({ id, reason }) => isOffset(id) && lostReasons.includes(reason)],
]);

/** `undefined`: it is none. The name of a call and its arguments are for the host to look at. */
export function asIpcRequest(message: unknown): IpcRequest | undefined {
  return isOneOf(requests, message) ? (message as unknown as IpcRequest) : undefined;
}

/** `undefined`: it is none. What was answered is for the caller to look at. */
export function asIpcReply(message: unknown): IpcReply | undefined {
  return isOneOf(replies, message) ? (message as unknown as IpcReply) : undefined;
}

function isOneOf(checks: ReadonlyMap<unknown, Check>, message: unknown): message is Fields {
  return isFields(message) && checks.get(message.type)?.(message) === true;
}

function isFailure(failure: unknown): boolean {
  if (!isFields(failure)) return false;
  const { code, effect, message } = failure;
  return (
    (code === undefined || typeof code === 'string') &&
    effects.includes(effect) &&
    typeof message === 'string'
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
