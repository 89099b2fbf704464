// Time, as the brokers are given it: a monotonic clock to measure by, a wall clock to show, and timers.

export interface Clock {
  /** Monotonic milliseconds from any origin. Windows, leases and ages are measured by it. */
  now(): number;
  /** Milliseconds since 1970. Only shown to people; it may jump. */
  wallTime(): number;
  /** Calls back once, `delayMs` from now or later. The returned function cancels it; calling that twice does nothing. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** The time of this process. Its timers do not keep the process alive. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
});
