// Deadlines in the order in which they fall due: the machine's only notion of a timer.

export interface Deadline {
  readonly at: number;
  /** `undefined` once it was cancelled, or has passed. */
  onPassed: (() => void) | undefined;
}

export class DeadlineQueue {
  /** A binary heap, the earliest first. Of equal ones, any. */
  #heap: Deadline[] = [];
  /** Cancelled ones that are still in the heap. */
  #dead = 0;

  add(at: number, onPassed: () => void): Deadline {
    const deadline: Deadline = { at, onPassed };
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= at) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = deadline;
    return deadline;
  }

  /** Does nothing for one that has passed, or was cancelled. It must be of this queue. */
  cancel(deadline: Deadline | undefined): void {
    if (deadline?.onPassed === undefined) return;
    deadline.onPassed = undefined;
    this.#dead++;
    if (this.#dead > 64 && this.#dead * 2 > this.#heap.length) this.#sweep();
  }

  /** When the next one falls due, or `undefined`. */
  nextAt(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.onPassed === undefined) {
      this.#pop();
      this.#dead--;
    }
    return this.#heap[0]?.at;
  }

  /** Calls everything due at `now`, in order; what is added meanwhile and is due as well is called too. */
  pass(now: number): void {
    for (;;) {
      const at = this.nextAt();
      if (at === undefined || at > now) return;
      const deadline = this.#pop();
      const { onPassed } = deadline;
      deadline.onPassed = undefined;
      onPassed!();
    }
  }

  /** Most are cancelled, as deadlines of replies are: those that are left make a new heap. Sorted, it is one. */
  #sweep(): void {
    this.#heap = this.#heap.filter(({ onPassed }) => onPassed !== undefined).sort((a, b) => a.at - b.at);
    this.#dead = 0;
  }

  #pop(): Deadline {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
