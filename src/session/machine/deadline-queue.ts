// Deadlines in the order in which they fall due: the machine's only notion of a timer.

export interface Deadline {
  readonly at: number;
  /** `undefined` once it was cancelled, or has passed. */
  onPassed: (() => void) | undefined;
}

export class DeadlineQueue {
  /** A binary heap, the earliest first. Of equal ones, any. */
  readonly #heap: Deadline[] = [];

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

  cancel(deadline: Deadline | undefined): void {
    if (deadline !== undefined) deadline.onPassed = undefined;
  }

  /** When the next one falls due, or `undefined`. */
  nextAt(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.onPassed === undefined) this.#pop();
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
