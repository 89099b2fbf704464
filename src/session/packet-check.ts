// The checks from which the shapes of packets are made: one table of fields for each direction.

import { isEpoch, isOffset, maxCredit } from '../channel/index.ts';
import { PacketError } from './errors.ts';

export type Check = (value: unknown) => boolean;
export type Fields = Readonly<Record<string, Check>>;

export const isInteger: Check = isOffset;
export const isBoolean: Check = (value) => typeof value === 'boolean';
export const isData: Check = (value) => value !== undefined;
export const isName: Check = (value) => typeof value === 'string';
export const isOne: Check = (value) => value === 1;
export const isEpochText: Check = (value) => typeof value === 'string' && isEpoch(value);

export function text(maxLength: number): Check {
  return (value) => typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}

export function oneOf(...values: readonly string[]): Check {
  return (value) => values.includes(value as string);
}

export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

export function listOf(check: Check, maxLength = Number.POSITIVE_INFINITY): Check {
  return (value) => Array.isArray(value) && value.length <= maxLength && value.every(check);
}

export function tuple(required: readonly Check[], last: Check): Check {
  return (value) =>
    Array.isArray(value) &&
    (value.length === required.length || (value.length === required.length + 1 && last(value.at(-1)))) &&
    required.every((check, index) => check(value[index]));
}

export function map(fields: Fields): Check {
  const checks = Object.entries(fields);
  return (value) => isRecord(value) && checks.every(([name, check]) => check(value[name]));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

export const isCredit: Check = (value) => isOffset(value) && value <= maxCredit;

/** A check that throws `PacketError`, naming the field that has another shape. */
export function checker(table: Readonly<Record<string, Fields>>): (value: unknown) => void {
  const types = new Map(
    Object.entries(table).map(([type, fields]) => [type as unknown, Object.entries(fields)]),
  );
  return (value) => {
    if (!isRecord(value)) throw new PacketError('a packet is a map');
    const fields = types.get(value.t);
    if (fields === undefined) throw new PacketError('unknown packet type');
    for (let index = 0; index < fields.length; index++) {
      const [name, check] = fields[index]!;
      if (!check(value[name])) throw new PacketError(`bad field ${name} in packet ${String(value.t)}`);
    }
  };
}
