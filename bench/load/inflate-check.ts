// Verifies the content of compressed messages by inflating them, in the order in which they came.
import { createInflateRaw, type InflateRaw } from 'node:zlib';

/** RFC 7692, section 7.2.2: appended to every message before it is inflated. */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

export class InflateCheck {
  readonly #inflate: InflateRaw;
  readonly #expected: readonly Buffer[];
  /** The message being compared, and how much of it has been. */
  #message = 0;
  #offset = 0;
  #failure: Error | undefined;

  /** @param expected the messages, in order; after the last comes the first again */
  constructor(expected: readonly string[]) {
    this.#expected = expected.map((text) => Buffer.from(text));
    this.#inflate = createInflateRaw();
    this.#inflate.on('data', (bytes: Buffer) => this.#compare(bytes));
    this.#inflate.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /** Takes the payload of one compressed message. */
  receive(payload: Buffer): void {
    this.#inflate.write(Buffer.concat([payload, tail]));
  }

  /** Resolves when all that was received is verified; rejects when some of it was not what it should be. */
  async settled(): Promise<void> {
    await new Promise<void>((resolve) => this.#inflate.flush(() => resolve()));
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#offset !== 0) throw new Error('the last compressed message is not complete');
  }

  #compare(bytes: Buffer): void {
    let position = 0;
    while (position < bytes.length) {
      const message = this.#expected[this.#message]!;
      const length = Math.min(message.length - this.#offset, bytes.length - position);
      if (message.compare(bytes, position, position + length, this.#offset, this.#offset + length) !== 0) {
        this.#failure ??= new Error('a compressed message is not what was sent');
      }
      position += length;
      this.#offset = (this.#offset + length) % message.length;
      if (this.#offset === 0) this.#message = (this.#message + 1) % this.#expected.length;
    }
  }
}
