// permessage-deflate on one connection: what to compress, and with which window (RFC 7692, section 7.2).

import type { PermessageDeflate, Role } from '../../protocol/index.ts';
import type { ConnectionSettings } from '../connection/connection-options.ts';
import type { PreparedMessage } from '../connection/prepared-message.ts';
import type { SharedFrame } from '../connection/shared-frame.ts';
import type { DeflateSettings } from './deflate-options.ts';
import { type Borrower, type DeflatePool, deflatePool } from './deflate-pool.ts';
import { MessageInflater } from './message-inflater.ts';
import { deflateInThreadPool } from './thread-pool.ts';
import type { DeflateContext, DeflateParameters } from './zlib-context.ts';

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
  aloneAt: number = Number.NEGATIVE_INFINITY;
  readonly parameters: DeflateParameters;
  readonly inflater: MessageInflater;
  private readonly pool: DeflatePool;
  private readonly thresholdBytes: number;
  private readonly keepsSendWindow: boolean;

  constructor({ role, agreed, settings, maxMessageBytes, pool }: MessageDeflateOptions) {
    const isServer = role === 'server';
    this.pool = pool;
    this.thresholdBytes = settings.thresholdBytes;
    this.keepsSendWindow = !(isServer ? agreed.serverNoContextTakeover : agreed.clientNoContextTakeover);
    this.inflater = new MessageInflater({
      pool,
      maxMessageBytes,
      windowBits: isServer ? agreed.clientMaxWindowBits : agreed.serverMaxWindowBits,
      keepsWindow: !(isServer ? agreed.clientNoContextTakeover : agreed.serverNoContextTakeover),
    });
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

  /** The connection is gone. */
  close(): void {
    if (this.compressor !== undefined) this.pool.takeBack(this);
    this.inflater.release();
  }
}
