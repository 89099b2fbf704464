// How the pieces of unfinished messages are kept on a stream of bytes.

import type { Keeping } from '../../protocol/index.ts';
import type { ByteStream } from '../byte-stream.ts';

const allocate = (byteLength: number): Uint8Array => Buffer.allocUnsafeSlow(byteLength);
const owning: Keeping = Object.freeze({ ownsChunks: true, allocate });
const copying: Keeping = Object.freeze({ ownsChunks: false, allocate });

export function keepingOf(stream: ByteStream): Keeping {
  return stream.reusesMemory ? copying : owning;
}
