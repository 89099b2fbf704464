// Ways to cut a stream of bytes into chunks.

/** Whole, byte by byte, and every cut into two; each chunk is memory of its own. */
export function* chunkings(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [copy(bytes)];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
  for (let cut = 1; cut < bytes.length; cut += 1) yield [copy(bytes, 0, cut), copy(bytes, cut)];
}

/** Chunks of the sizes given, in turn, until the bytes are used up. */
export function cutBy(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[turn % sizes.length] as number);
    chunks.push(copy(bytes, at, at + size));
    at += size;
  }
  return chunks;
}

/** A Buffer's own `slice` would be a view. */
function copy(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}
