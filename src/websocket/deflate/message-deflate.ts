// permessage-deflate on one connection: what to compress, and with which window (RFC 7692, section 7.2).

import type { PermessageDeflate, Role } from '../../protocol/index.ts';
import type { ConnectionSettings } from '../connection/connection-options.ts';
import type { PreparedMessage } from '../connection/prepared-message.ts';
import type { SharedFrame } from '../connection/shared-frame.ts';
import type { DeflateSettings } from './deflate-options.ts';
import { type Borrower, type DeflatePool, deflatePool } from './deflate-pool.ts';
import { deflateInThreadPool } from './thread-pool.ts';
import type { DeflateContext, DeflateParameters, InflateContext } from './zlib-context.ts';

/** What a connection needs when both ends agreed; undefined when its settings rule it out. */
export function createMessageDeflate(
  role: Role,
  agreed: PermessageDeflate,
  { deflate, limits }: ConnectionSettings,
): MessageDeflate | undefined {
  if (deflate === undefined) return undefined;
  const { maxMessageBytes } = limits;
  return new MessageDeflate({ role, agreed, settings: deflate, maxMessageBytes, pool: deflatePool() });
}

export interface MessageDeflateOptions {
  readonly role: Role;
  readonly agreed: PermessageDeflate;
  readonly settings: DeflateSettings;
  readonly maxMessageBytes: number;
  readonly pool: DeflatePool;
}

export class MessageDeflate implements Borrower {
  compressor: DeflateContext | undefined = undefined;
  readonly parameters: DeflateParameters;
  private readonly pool: DeflatePool;
  private readonly thresholdBytes: number;
  private readonly maxMessageBytes: number;
  private readonly keepsSendWindow: boolean;
  private readonly keepsReceiveWindow: boolean;
  private readonly receiveWindowBits: number;
  private decompressor: InflateContext | undefined = undefined;

  constructor({ role, agreed, settings, maxMessageBytes, pool }: MessageDeflateOptions) {
    const isServer = role === 'server';
    this.pool = pool;
    this.maxMessageBytes = maxMessageBytes;
    this.thresholdBytes = settings.thresholdBytes;
    this.keepsSendWindow = !(isServer ? agreed.serverNoContextTakeover : agreed.clientNoContextTakeover);
    this.keepsReceiveWindow = !(isServer ? agreed.clientNoContextTakeover : agreed.serverNoContextTakeover);
    this.receiveWindowBits = isServer ? agreed.clientMaxWindowBits : agreed.serverMaxWindowBits;
    this.parameters = pool.parameters({
      windowBits: isServer ? agreed.serverMaxWindowBits : agreed.clientMaxWindowBits,
      level: settings.level,
      memLevel: settings.memLevel,
    });
  }

  /** Whether a message of so many bytes is worth compressing, unless the caller said what to do. */
  shouldCompress(bytes: number, asked: boolean | undefined): boolean {
    return asked ?? bytes >= this.thresholdBytes;
  }

  /**
   * Compresses a message; undefined when that does not make it shorter, and it is to be sent as it is. The bytes lie in
   * memory that the next call uses again.
   */
  compress(payload: Uint8Array): Uint8Array | undefined {
    // With a window, what was compressed must be sent: the next message refers to it.
    if (this.keepsSendWindow) return this.pool.deflateFor(this, payload);
    const compressed = this.pool.deflateAlone(payload, this.parameters);
    return compressed.length < payload.length ? compressed : undefined;
  }

  /** Compresses a long message in the thread pool, without a window. */
  compressLater(payload: Uint8Array): Promise<Uint8Array> {
    this.skip();
    return deflateInThreadPool(payload, this.parameters);
  }

  /** Says that a compressed message goes out which our compressor has not seen: the window starts anew after it. */
  skip(): void {
    this.compressor?.reset();
  }

  /** The compressed form of a message for many: made once for all connections with the same parameters. */
  sharedFrame(message: PreparedMessage): SharedFrame {
    this.skip();
    return message.compressed(this.parameters, this.pool);
  }

  /** A decompressor for the next message. Give it back with `endInflate`. */
  beginInflate(compressed: Uint8Array): InflateContext {
    this.decompressor ??= this.pool.borrowInflate(this.receiveWindowBits, this.maxMessageBytes);
    this.decompressor.begin(compressed);
    return this.decompressor;
  }

  endInflate(): void {
    if (!this.keepsReceiveWindow) this.releaseDecompressor();
  }

  /** The connection is gone. */
  close(): void {
    if (this.compressor !== undefined) this.pool.takeBack(this);
    this.releaseDecompressor();
  }

  private releaseDecompressor(): void {
    const { decompressor } = this;
    this.decompressor = undefined;
    if (decompressor !== undefined) {
      this.pool.returnInflate(decompressor, this.receiveWindowBits, this.maxMessageBytes);
    }
  }
}
