// The decompressors of one kind that are not in use, kept for the next message.

import type { InflateContext } from './zlib-context.ts';

const MAX_SPARE = 4;

export class SpareInflates {
  readonly #create: () => InflateContext;
  readonly #spare: InflateContext[] = [];

  constructor(create: () => InflateContext) {
    this.#create = create;
  }

  /** A decompressor with an empty window. */
  borrow(): InflateContext {
    return this.#spare.pop() ?? this.#create();
  }

  giveBack(context: InflateContext): void {
    if (this.#spare.length >= MAX_SPARE) {
      context.close();
      return;
    }
    context.reset();
    this.#spare.push(context);
  }
}
