// What the hub sends on a WebSocket connection: one frame, made once, for all that get the same message.

import type { MessageSink, SharedMessage } from '../../session/index.ts';
import { type Connection, PreparedMessage } from '../../websocket/index.ts';

/** RFC 6455, 5.5: a control frame has at most 125 bytes, of which the code takes two. */
const maxReasonBytes = 123;

/** The form of a message that one connection was sent as it is. */
const sentOnce = Symbol('sent once');

export class WebSocketSink implements MessageSink {
  readonly #connection: Connection<unknown>;
  readonly #metrics: { sent: number };

  constructor(connection: Connection<unknown>, metrics: { sent: number }) {
    this.#connection = connection;
    this.#metrics = metrics;
  }

  get bufferedAmount(): number {
    return this.#connection.bufferedAmount;
  }

  send(message: string | Uint8Array): void {
    this.#metrics.sent++;
    this.#connection.send(message);
  }

  sendShared(shared: SharedMessage): void {
    this.#metrics.sent++;
    if (shared.form === undefined) {
      // Most channels have one reader here, and a frame of its own would cost more than it saves.
      shared.form = sentOnce;
      this.#connection.send(shared.message);
      return;
    }
    if (shared.form === sentOnce) shared.form = new PreparedMessage(shared.message);
    this.#connection.send(shared.form as PreparedMessage);
  }

  close(code: number, reason: string): void {
    this.#connection.close(code, cut(reason));
  }
}

function cut(reason: string): string {
  let text = '';
  let bytes = 0;
  for (const character of reason) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxReasonBytes) break;
    text += character;
  }
  return text;
}
