// A clock that never goes back, and yet counts the time a device was asleep.

/** The wall clock is corrected by less than this all the time, and by more after sleep. */
const jumpMs = 2_000;

/**
 * `performance.now()` stands still while some devices sleep; the wall clock does not, but is set back and forth. So the
 * first is the clock, and what the second has gone ahead of it in one jump is added.
 */
export function steadyClock(monotonic: () => number, wall: () => number): () => number {
  let ahead = wall() - monotonic();
  let slept = 0;
  return () => {
    const now = monotonic();
    const difference = wall() - now - ahead;
    if (difference > jumpMs) slept += difference;
    if (Math.abs(difference) > jumpMs) ahead += difference;
    return now + slept;
  };
}
