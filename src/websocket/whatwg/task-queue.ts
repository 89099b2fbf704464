// The tasks of one socket, in order: the event loop's microtasks are all run between one and the next.

/**
 * The standard queues a task for every event, so that what a listener awaits has happened before the next event. Several
 * messages of one chunk need this: without it, a listener that is added when `open` was awaited would miss the first.
 */
export class TaskQueue {
  #tasks: (() => void)[] = [];
  #next = 0;
  #isHeld = false;
  /** A turn of the event loop began in which none of our tasks has run yet. */
  #isTurnFree = false;
  #hasRunInTurn = false;
  /** Called when the first task of a batch is queued, and when none is left (or they are held). */
  readonly #onBusy: (isBusy: boolean) => void;

  readonly #endTurn = (): void => {
    this.#hasRunInTurn = false;
  };

  constructor(onBusy: (isBusy: boolean) => void) {
    this.#onBusy = onBusy;
  }

  /** A turn of the event loop begins, and what comes of it may be its task. */
  beginTurn(): void {
    this.#isTurnFree = !this.#hasRunInTurn;
  }

  /**
   * Runs the task at once, if it can be the task of this turn: no other waits before it, and none has run in it. For what
   * a turn that was begun with `beginTurn` brings.
   */
  runOrQueue(task: () => void): void {
    if (!this.#isTurnFree || this.#isHeld || this.#tasks.length > 0) {
      this.queue(task);
      return;
    }
    this.#isTurnFree = false;
    this.#hasRunInTurn = true;
    queueMicrotask(this.#endTurn);
    task();
  }

  queue(task: () => void): void {
    if (this.#tasks.length === 0 && !this.#isHeld) this.#onBusy(true);
    this.#tasks.push(task);
    // Node runs microtasks between immediates; all that one chunk brings are run in the same round of its loop.
    if (!this.#isHeld) setImmediate(runNext, this);
  }

  /** Runs none until `release`. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    if (this.#tasks.length > 0) this.#onBusy(false);
  }

  release(): void {
    // What comes of this turn comes in the middle of it.
    this.#isTurnFree = false;
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const waiting = this.#tasks.length - this.#next;
    if (waiting > 0) this.#onBusy(true);
    for (let count = 0; count < waiting; count += 1) setImmediate(runNext, this);
  }

  /** Of a task that was held there are two immediates; the second finds nothing. */
  runNext(): void {
    if (this.#isHeld) return;
    const task = this.#tasks[this.#next];
    if (task === undefined) return;
    this.#next += 1;
    if (this.#next < this.#tasks.length) {
      task();
      return;
    }
    this.#tasks = [];
    this.#next = 0;
    task();
    if (this.#tasks.length === 0 && !this.#isHeld) this.#onBusy(false);
  }
}

function runNext(queue: TaskQueue): void {
  queue.runNext();
}
