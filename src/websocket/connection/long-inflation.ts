// A message that is inflated in turns with everything else, because it is long, or waits until it may be.

import type { ProtocolError } from '../../protocol/index.ts';
import type { Inflated, MessageInflater } from '../deflate/message-inflater.ts';
import type { InflatingTurn, SharedBudget } from './shared-budget.ts';

export interface LongInflationOptions {
  readonly inflater: MessageInflater;
  /** What is to be inflated; undefined if the first turn was made. */
  readonly compressed: Uint8Array | undefined;
  readonly budget: SharedBudget | undefined;
  /** `inflated` is there. */
  onInflated(): void;
}

export class LongInflation implements InflatingTurn {
  /** The message, or why there is none; undefined until then. */
  inflated: Buffer | ProtocolError | undefined = undefined;
  readonly #options: LongInflationOptions;
  #state: 'waiting' | 'inflating' | 'done' = 'waiting';

  constructor(options: LongInflationOptions) {
    this.#options = options;
    if (options.budget === undefined || options.budget.enterInflating(this)) this.receiveTurn();
  }

  /** Bytes that wait to be inflated. */
  get waitingBytes(): number {
    return this.#state === 'waiting' ? (this.#options.compressed?.length ?? 0) : 0;
  }

  /** It may begin, or go on. */
  receiveTurn(): void {
    const { inflater, compressed } = this.#options;
    this.#state = 'inflating';
    this.#later(() => (compressed === undefined ? inflater.turn() : ownedCopy(inflater.begin(compressed))));
  }

  /** The connection is gone. */
  abandon(): void {
    if (this.#state === 'waiting') this.#options.budget?.forgetInflating(this);
    this.#finish();
  }

  #later(turn: () => Inflated): void {
    setImmediate(() => {
      if (this.#state !== 'inflating') return;
      this.inflated = turn();
      if (this.inflated === undefined) {
        this.#later(() => this.#options.inflater.turn());
      } else {
        this.#finish();
        this.#options.onInflated();
      }
    });
  }

  #finish(): void {
    if (this.#state === 'inflating') this.#options.budget?.leaveInflating();
    this.#state = 'done';
  }
}

/** What is done in one turn lies in memory that the next message uses again. */
function ownedCopy(inflated: Inflated): Inflated {
  return Buffer.isBuffer(inflated) ? Buffer.from(inflated) : inflated;
}
