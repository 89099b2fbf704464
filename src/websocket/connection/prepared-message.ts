// A message that is serialised once, and compressed once, and sent to many connections.

import { FIN, Opcode, RSV1, serializeFrame } from '../../protocol/index.ts';
import type { DeflatePool } from '../deflate/deflate-pool.ts';
import type { DeflateParameters } from '../deflate/zlib-context.ts';
import { type BinaryData, bytesOf } from './message-data.ts';
import { SharedFrame } from './shared-frame.ts';

/** Made by `prepare`; send it with `connection.send`. It can be sent any number of times. */
export class PreparedMessage {
  /** The message as one frame, not compressed. */
  readonly frame: SharedFrame;
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** What the sender asked for; undefined leaves it to each connection's threshold. */
  readonly compress: boolean | undefined;
  readonly #compressed = new Map<DeflateParameters, SharedFrame>();

  constructor(data: string | BinaryData, compress?: boolean) {
    const isText = typeof data === 'string';
    this.opcode = isText ? Opcode.Text : Opcode.Binary;
    this.compress = compress;
    const payload = isText ? Buffer.from(data) : bytesOf(data);
    const frame = serializeFrame(FIN | this.opcode, payload);
    this.frame = new SharedFrame(frame);
    this.payload = frame.subarray(frame.length - payload.length);
  }

  /** The message as one compressed frame that needs no window; as it is, where compressing does not make it shorter. */
  compressed(parameters: DeflateParameters, pool: DeflatePool): SharedFrame {
    let frame = this.#compressed.get(parameters);
    if (frame === undefined) {
      const bytes = pool.deflateAlone(this.payload, parameters);
      const isShorter = bytes.length < this.payload.length;
      frame = isShorter ? new SharedFrame(serializeFrame(FIN | RSV1 | this.opcode, bytes)) : this.frame;
      this.#compressed.set(parameters, frame);
    }
    return frame;
  }
}

/**
 * Serialises a message once, to be sent to many: its bytes are copied, so that the caller may change them afterwards. It
 * is compressed once for all connections that agreed on the same parameters.
 */
export function prepare(
  data: string | BinaryData,
  options: { readonly compress?: boolean } = {},
): PreparedMessage {
  return new PreparedMessage(data, options.compress);
}
