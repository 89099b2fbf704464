// Bounds on decoded data: no prototypes, finite numbers, and no deeper than 32.

import { PacketError } from '../errors.ts';
import { maxPacketDepth } from '../fixed-limits.ts';

/** Takes the prototype from every map in `value`, in place, so that no name in it is special.
 * @throws {PacketError} when it is nested too deep. */
export function hardenPlainData(value: unknown, depth = 1): void {
  // JSON has no word for infinity, but a number as large as 1e999 is read as one.
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new PacketError(`${value} is not plain data`);
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxPacketDepth) throw tooDeep();
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) hardenPlainData(value[index], depth + 1);
    return;
  }
  Object.setPrototypeOf(value, null);
  for (const name in value) hardenPlainData((value as Record<string, unknown>)[name], depth + 1);
}

export function tooDeep(): PacketError {
  return new PacketError(`packet nested deeper than ${maxPacketDepth}`);
}

/** Whether there is a byte string anywhere in it. */
export function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) return value.some(hasBytes);
  for (const name in value) if (hasBytes((value as Record<string, unknown>)[name])) return true;
  return false;
}
