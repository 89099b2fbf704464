// What can travel: plain data, not nested too deep for any packet that may carry it.

/**
 * Nesting of arrays and maps in a payload, itself being 1. A packet has 32 levels, and a page of history puts four of its
 * own around a payload: whoever may publish must not be able to write what others cannot read.
 */
export const maxPayloadDepth = 28;

/** Why a value cannot travel; `undefined` when it can. Fields that are `undefined` are left out on the way. */
export function findUnplain(value: unknown): string | undefined {
  return find(value, 1);
}

function find(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      // Of the halves of surrogate pairs UTF-8 makes one and the same character: two names could become one.
      return value.isWellFormed() ? undefined : 'text with half a surrogate pair is not plain data';
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${value} is not plain data`;
    case 'object':
      break;
    default:
      return `a value of type ${typeof value} is not plain data`;
  }
  if (value === null || value instanceof Uint8Array) return undefined;
  if (depth > maxPayloadDepth) return `nested deeper than ${maxPayloadDepth}`;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const problem = find(value[index], depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    return `a ${value.constructor?.name ?? 'strange object'} is not plain data`;
  }
  for (const name in value) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (field === undefined) continue;
    const problem = find(name, depth) ?? find(field, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whether plain data holds more than `most` maps and lists, itself among them. Looks no further than it must. */
export function hasMoreContainers(data: unknown, most: number): boolean {
  return countDown(data, most) < 0;
}

/** What is left of `left` when the maps and lists in `data` are taken away; below 0 it counts no further. */
function countDown(data: unknown, left: number): number {
  if (typeof data !== 'object' || data === null || data instanceof Uint8Array) return left;
  let rest = left - 1;
  if (Array.isArray(data)) {
    for (let index = 0; index < data.length && rest >= 0; index++) rest = countDown(data[index], rest);
    return rest;
  }
  for (const name in data) {
    if (rest < 0) break;
    rest = countDown((data as Readonly<Record<string, unknown>>)[name], rest);
  }
  return rest;
}
