// The tasks of one socket, in order: the event loop's microtasks are all run between one and the next.

/**
 * The standard queues a task for every event, so that what a listener awaits has happened before the next event. Several
 * messages of one chunk need this: without it, a listener that is added when `open` was awaited would miss the first.
 */
export class TaskQueue {
  #tasks: (() => void)[] = [];
  #next = 0;
  #isHeld = false;
  /** Called when the first task of a batch is queued, and when none is left (or they are held). */
  readonly #onBusy: (isBusy: boolean) => void;

  constructor(onBusy: (isBusy: boolean) => void) {
    this.#onBusy = onBusy;
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
