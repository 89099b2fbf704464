// The shapes in which binary messages are handed over.

/** `'fragments'` is a list of Buffers; here it always holds one. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** What the listeners of `message` get. */
export type RawData = Buffer | ArrayBuffer | Buffer[] | Blob;

export function isBinaryType(value: unknown): value is BinaryType {
  return value === 'nodebuffer' || value === 'arraybuffer' || value === 'fragments' || value === 'blob';
}

export function shapedBinary(bytes: Buffer, type: BinaryType): RawData {
  switch (type) {
    case 'nodebuffer':
      return bytes;
    case 'arraybuffer':
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    case 'fragments':
      return [bytes];
    case 'blob':
      return new Blob([bytes]);
    default:
      return type satisfies never;
  }
}
