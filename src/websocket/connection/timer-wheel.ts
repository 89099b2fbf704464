// One timer for all connections: keepalive and deadlines cost a connection two links, not a timer each.

/** Something with one deadline at a time. The wheel keeps its place in the fields, which are the wheel's alone. */
export interface WheelEntry {
  wheelTick: number;
  wheelNext: WheelEntry | undefined;
  wheelPrevious: WheelEntry | undefined;
  /** The deadline has come. The entry is no longer on the wheel. */
  receiveDeadline(): void;
}

/** Deadlines are met to within one tick, never early. */
const TICK_MS = 50;
const SLOTS = 1024;

export class TimerWheel {
  readonly #slots: (WheelEntry | undefined)[] = new Array(SLOTS).fill(undefined);
  #size = 0;
  /** The last tick whose deadlines were handled. */
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Sets the entry's deadline, in place of any it had. */
  schedule(entry: WheelEntry, delayMs: number): void {
    this.cancel(entry);
    if (this.#size === 0) this.#tick = currentTick();
    entry.wheelTick = Math.max(currentTick() + 1 + Math.ceil(delayMs / TICK_MS), this.#tick + 1);
    const slot = entry.wheelTick % SLOTS;
    const first = this.#slots[slot];
    entry.wheelNext = first;
    if (first !== undefined) first.wheelPrevious = entry;
    this.#slots[slot] = entry;
    this.#size += 1;
    this.#start();
  }

  cancel(entry: WheelEntry): void {
    if (entry.wheelTick === 0) return;
    const slot = entry.wheelTick % SLOTS;
    if (entry.wheelPrevious === undefined) this.#slots[slot] = entry.wheelNext;
    else entry.wheelPrevious.wheelNext = entry.wheelNext;
    if (entry.wheelNext !== undefined) entry.wheelNext.wheelPrevious = entry.wheelPrevious;
    entry.wheelTick = 0;
    entry.wheelNext = undefined;
    entry.wheelPrevious = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#stop();
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#advance(), TICK_MS);
    // Sockets keep a process alive; deadlines alone do not.
    this.#timer.unref();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #advance(): void {
    const now = currentTick();
    // After a long sleep, one turn of the wheel visits every slot.
    let tick = Math.max(this.#tick, now - SLOTS);
    this.#tick = now;
    while (tick < now && this.#size > 0) {
      tick += 1;
      this.#handleSlot(tick % SLOTS, now);
    }
  }

  #handleSlot(slot: number, now: number): void {
    const due: WheelEntry[] = [];
    for (let entry = this.#slots[slot]; entry !== undefined; entry = entry.wheelNext) {
      if (entry.wheelTick <= now) due.push(entry);
    }
    for (const entry of due) {
      // A deadline handled before may have cancelled this one, or moved it.
      if (entry.wheelTick === 0 || entry.wheelTick > now) continue;
      this.cancel(entry);
      entry.receiveDeadline();
    }
  }
}

/** Monotonic: `performance.now` does not follow the wall clock. */
function currentTick(): number {
  return Math.floor(performance.now() / TICK_MS);
}

/** The wheel of this process. */
export const timerWheel = new TimerWheel();
