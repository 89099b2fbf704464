// What can be sent as a message, and the bytes of it.

import { types } from 'node:util';
import { UsageError } from '../../protocol/index.ts';

/** Binary data: any view (with its offset and length), or a whole buffer. */
export type BinaryData = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * The bytes of binary data, without copying them. Shared memory is copied, as another thread may be writing to it.
 * Throws `UsageError` on anything else: a number or an array is never taken for a length.
 */
export function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array && !isShared(data.buffer)) return data;
  if (ArrayBuffer.isView(data)) {
    const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return isShared(data.buffer) ? new Uint8Array(view) : view;
  }
  if (types.isAnyArrayBuffer(data)) {
    const view = new Uint8Array(data);
    return isShared(data) ? new Uint8Array(view) : view;
  }
  throw new UsageError(
    `a message must be a string, an ArrayBuffer, a view of one or a Blob, not ${describe(data)}: convert it, for example with JSON.stringify`,
  );
}

/** The same bytes, with Node's methods. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isShared(buffer: ArrayBufferLike): boolean {
  return types.isSharedArrayBuffer(buffer);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
}

const NOTHING = new Uint8Array(0);
const MAX_CONTROL_BYTES = 125;

/** The payload of a Ping or Pong: at most 125 bytes (RFC 6455, section 5.5). */
export function controlPayload(data: string | BinaryData = NOTHING): Uint8Array {
  const payload = typeof data === 'string' ? Buffer.from(data) : bytesOf(data);
  if (payload.length > MAX_CONTROL_BYTES) {
    throw new UsageError(
      `a Ping or Pong carries at most ${MAX_CONTROL_BYTES} bytes, not ${payload.length} (RFC 6455, section 5.5)`,
    );
  }
  return payload;
}
