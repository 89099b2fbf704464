// Cuts what a server sends on one connection into messages, and answers the Pings that come between.
import { answerPing, frameBounds, type Write } from './replies.ts';

export class MessageReader {
  readonly #write: Write;
  readonly #onMessage: (payload: Buffer) => void;
  #held: Buffer | undefined;

  /** `onMessage` gets a view that is overwritten by what arrives next. */
  constructor(write: Write, onMessage: (payload: Buffer) => void) {
    this.#write = write;
    this.#onMessage = onMessage;
  }

  receive(chunk: Buffer): void {
    if (this.#held !== undefined) {
      chunk = Buffer.concat([this.#held, chunk]);
      this.#held = undefined;
    }
    let position = 0;
    while (position < chunk.length) {
      const { start, end } = frameBounds(chunk, position);
      if (end > chunk.length) break;
      const first = chunk[position]!;
      if ((first & 0x08) !== 0) answerPing(chunk, position, this.#write);
      else if (first !== 0x81) throw new Error('the server sent what is no whole text message');
      else this.#onMessage(chunk.subarray(start, end));
      position = end;
    }
    if (position < chunk.length) this.#held = Buffer.from(chunk.subarray(position));
  }
}
