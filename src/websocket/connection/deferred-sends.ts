// Keeps messages in order when one of them is not ready yet, such as a Blob that is still being read.

/**
 * A queue of sends that wait for the one before them. It exists only while something is not ready; all else is sent
 * directly.
 */
export class DeferredSends {
  /** Bytes waiting, as far as they are known. */
  byteLength = 0;
  readonly #waiting: { readonly send: () => void; readonly byteLength: number }[] = [];
  #isBlocked = false;

  /** Holds everything added later back until `unblock`. */
  block(): void {
    this.#isBlocked = true;
  }

  add(byteLength: number, send: () => void): void {
    this.#waiting.push({ send, byteLength });
    this.byteLength += byteLength;
  }

  /** Runs what was not ready, and then what waits behind it, in order, until one of them blocks again. */
  unblock(first: () => void): void {
    this.#isBlocked = false;
    first();
    while (!this.#isBlocked) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.byteLength -= next.byteLength;
      next.send();
    }
  }

  /** Forgets all that waits: the connection is gone. */
  clear(): void {
    this.#waiting.length = 0;
    this.byteLength = 0;
  }
}
