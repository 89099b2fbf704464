// Calls back what was given with a message, once the operating system has taken that message.

/** As for a callback of Node's: an error when the message was not sent. */
export type SendCallback = (error?: Error) => void;

interface Waiting {
  readonly callback: SendCallback;
  /** How many bytes had been accepted when its message was the last of them. */
  readonly mark: number;
}

export class SendCallbacks {
  #waiting: Waiting[] = [];
  #accepted = 0;

  /** Nobody waits: what is sent need not be counted. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** A message was accepted: so many bytes waited before it, and so many do with it. */
  accept(bytesBefore: number, bytesWith: number, callback: SendCallback | undefined): void {
    if (this.isEmpty) this.#accepted = bytesWith;
    else this.#accepted += Math.max(bytesWith - bytesBefore, 0);
    if (callback !== undefined) this.#waiting.push({ callback, mark: this.#accepted });
  }

  /** Bytes have been taken, and so many still wait. Returns whether somebody waits for them. */
  release(bytesWaiting: number): boolean {
    const taken = bytesWaiting === 0 ? this.#accepted : this.#accepted - bytesWaiting;
    const done = this.#waiting.findIndex(({ mark }) => mark > taken);
    this.#call(this.#waiting.splice(0, done === -1 ? this.#waiting.length : done));
    return !this.isEmpty;
  }

  /** The connection is gone; with an error, if what was sent may be lost. */
  close(error?: Error): void {
    this.#call(this.#waiting.splice(0), error);
  }

  #call(waiting: readonly Waiting[], error?: Error): void {
    for (const { callback } of waiting) callback(error);
  }
}
