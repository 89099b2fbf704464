// The turn of the event loop that is under way: whoever brings much is to leave some of it to others.

/** A turn that has lasted so long is long enough for those who have had their share of it. */
const LONG_TURN_MS = 2;

/** Begins for us when somebody asks for the first time in it. */
export class LoopTurn {
  #beganAt: number | undefined;

  /** Whether the turn has lasted long enough at `now`, in milliseconds of a clock that never goes back. */
  isLong(now: number): boolean {
    if (this.#beganAt !== undefined) return now - this.#beganAt >= LONG_TURN_MS;
    this.#beganAt = now;
    setImmediate(() => {
      this.#beganAt = undefined;
    });
    return false;
  }
}

/** The one turn of this thread. */
export const loopTurn = new LoopTurn();
