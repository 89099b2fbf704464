// Has plain sockets read into memory of our choice: one buffer that all share, rather than new memory for every read. It
// is what Node's option `onread` does for sockets that a program opens itself. Sockets that a server accepts can have it
// only through the fields behind that option, which are not public: this file alone uses them, and looks first whether
// they are there.

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BUSY_READ_BYTES, loopTurn, READ_BYTES } from '../loop-turn.ts';

/**
 * Takes what was read, the first `length` bytes of the memory, and calls `chooseNext`. Returns whether to go on reading.
 */
export type ReceiveRead = (this: Socket, length: number, memory: Buffer) => boolean;

/** The names of the fields behind `onread`. */
interface Fields {
  readonly memory: symbol;
  readonly callback: symbol;
  readonly nextMemory: symbol;
}

interface Handle {
  useUserBuffer?(memory: Buffer): void;
}

/** A read is handed on before the next is made: one buffer is enough for all sockets of a thread. */
let shared: Buffer | undefined;
/** The first bytes of it, for a busy turn. */
let sharedWhenBusy: Buffer | undefined;
let next: Buffer | undefined;
let fields: Fields | undefined | null = null;

/** Whether this stream is a plain socket whose memory can be chosen. */
export function canChooseMemory(duplex: Duplex): duplex is Socket {
  // A TLS socket has no handle of this kind.
  if (duplex.constructor !== Socket) return false;
  if (fields === null) fields = findFields();
  return fields !== undefined && typeof handleOf(duplex)?.useUserBuffer === 'function';
}

/** From now on, reads the socket into the shared memory. */
export function readIntoSharedMemory(socket: Socket, callback: ReceiveRead): void {
  const handle = handleOf(socket);
  // It may be gone since it was looked at.
  if (!fields || handle?.useUserBuffer === undefined) return;
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES);
  sharedWhenBusy ??= shared.subarray(0, BUSY_READ_BYTES);
  Object.assign(socket, {
    [fields.memory]: shared,
    [fields.callback]: callback,
    [fields.nextMemory]: nextMemory,
  });
  handle.useUserBuffer(shared);
}

/** Says where the next read of a socket goes that was just read into `memory`: into this room, or into the shared memory. */
export function chooseNext(memory: Buffer, room: Buffer | undefined): void {
  let chosen = room ?? shared;
  if (loopTurn.isBusy) chosen = room?.subarray(0, BUSY_READ_BYTES) ?? sharedWhenBusy;
  next = memory === chosen ? undefined : chosen;
}

/**
 * Lets go of the room that a socket was to be read into, without waiting for a read. The system has no part in it before
 * it is read into: libuv asks for memory when there are bytes, and fills it at once.
 */
export function leaveRoom(socket: Socket): void {
  if (!fields) return;
  const memory: unknown = Reflect.get(socket, fields.memory);
  if (!Buffer.isBuffer(memory) || memory === shared || shared === undefined) return;
  Object.assign(socket, { [fields.memory]: shared });
  // The handle of a closed socket is gone, and has its own pointer no more.
  handleOf(socket)?.useUserBuffer?.(shared);
}

/** Node asks right after the callback; undefined leaves the memory as it is. */
function nextMemory(): Buffer | undefined {
  return next;
}

/** Finds the fields by their values, on sockets that are never opened. */
function findFields(): Fields | undefined {
  const buffer = Buffer.alloc(1);
  const generator = (): Buffer => buffer;
  const callback = (): boolean => true;
  const memory = fieldThatHolds(buffer, { buffer, callback });
  const callbackField = fieldThatHolds(callback, { buffer, callback });
  const nextMemoryField = fieldThatHolds(generator, { buffer: generator, callback });
  if (memory === undefined || callbackField === undefined || nextMemoryField === undefined) return undefined;
  return { memory, callback: callbackField, nextMemory: nextMemoryField };
}

function fieldThatHolds(value: unknown, onread: object): symbol | undefined {
  const socket: object = Reflect.construct(Socket, [{ onread }]);
  return Object.getOwnPropertySymbols(socket).find((symbol) => Reflect.get(socket, symbol) === value);
}

function handleOf(socket: Duplex): Handle | null | undefined {
  return (socket as { _handle?: Handle | null })._handle;
}
