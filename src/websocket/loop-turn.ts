// The turn of the event loop that is under way: whoever brings much is to leave some of it to others.

/** A turn that has lasted so long is long enough for those who have had their share of it. */
const LONG_TURN_MS = 4;
/** What is read at once, at the most. */
export const READ_BYTES = 128 * 1024;
/** After a turn that lasted so long, so much is. */
const BUSY_TURN_MS = 8;
export const BUSY_READ_BYTES = 16 * 1024;

/** Begins for us when somebody asks for the first time in it. */
export class LoopTurn {
  /** Whether the last turn that somebody asked in was so long that everybody is to read less at once. */
  isBusy = false;
  #beganAt: number | undefined;

  /** Whether the turn has lasted long enough at `now`, in milliseconds of `performance.now()`. */
  isLong(now: number): boolean {
    if (this.#beganAt !== undefined) return now - this.#beganAt >= LONG_TURN_MS;
    this.#beganAt = now;
    setImmediate(() => {
      this.isBusy = performance.now() - now >= BUSY_TURN_MS;
      this.#beganAt = undefined;
    });
    return false;
  }
}

/** The one turn of this thread. */
export const loopTurn = new LoopTurn();
