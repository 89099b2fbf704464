// The data of a publication as it lies in the file: JSON where that is the same, and otherwise bytes.

import { deserialize, serialize } from 'node:v8';
import type { PlainData } from '../../channel/index.ts';

/** JSON as text, which people can read in the file; or, where it would lose something, what V8's serializer makes. */
export function encodeData(data: PlainData): string | Uint8Array {
  return isSameInJson(data) ? JSON.stringify(data) : new Uint8Array(serialize(data));
}

export function decodeData(encoded: string | Uint8Array): PlainData {
  return typeof encoded === 'string' ? JSON.parse(encoded) : deserialize(encoded);
}

/** JSON has no bytes and no negative zero. */
function isSameInJson(data: PlainData): boolean {
  if (typeof data === 'number') return !Object.is(data, -0);
  if (typeof data !== 'object' || data === null) return true;
  if (data instanceof Uint8Array) return false;
  if (Array.isArray(data)) return data.every(isSameInJson);
  for (const name in data) {
    if (!isSameInJson((data as { readonly [name: string]: PlainData })[name]!)) return false;
  }
  return true;
}
