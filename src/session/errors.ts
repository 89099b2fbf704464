// The errors of the session floor: what a peer did wrong, and what an application is told of a refusal.

import { ClientCloseCode } from './client-close-code.ts';
import type { ErrorBody, Retry } from './error-code.ts';

/** The peer sent what is no packet, or not one that is legal now. It closes the connection. */
export class PacketError extends Error {
  override readonly name: string = 'PacketError';
  readonly code = 'BAD_PACKET';
  readonly retry: Retry = 'no';
  readonly closeCode: number;

  constructor(message: string, closeCode: number = ClientCloseCode.BadPacket) {
    super(message);
    this.closeCode = closeCode;
  }
}

/** A request was refused, or will never be answered. */
export class RequestError extends Error {
  override readonly name: string = 'RequestError';
  /** One of `ErrorCode`; `disconnected` when the answer was lost with the connection; or the application's own. */
  readonly code: string;
  readonly retry: Retry;
  readonly body: ErrorBody;

  constructor(body: ErrorBody) {
    super(body.msg);
    this.code = body.code;
    this.retry = body.retry;
    this.body = body;
  }
}
