// The truth about a run: every publication that was ever appended, where, and whether it still stands.

export interface LedgerEntry {
  readonly offset: number;
  /** Unlike that of any other publication of the run. */
  readonly data: string;
  readonly stateKey: string | undefined;
  readonly removed: boolean;
  readonly appendedAt: number;
}

/** One epoch of one channel. */
export interface LedgerEpoch {
  readonly epoch: string;
  readonly entries: LedgerEntry[];
  /** Copied from an older epoch when a broker was restored: these were appended before. */
  readonly restored: number;
}

export class Ledger {
  readonly #channels = new Map<string, Map<string, LedgerEpoch>>();
  readonly #current = new Map<string, LedgerEpoch>();
  /** Where each publication of a channel that stores nothing stands in the order. */
  readonly #unstored = new Map<string, Map<string, number>>();

  begin(channel: string, epoch: string, restored: readonly LedgerEntry[] = []): void {
    const known = this.#epochs(channel).get(epoch);
    const life = known ?? { epoch, entries: [...restored], restored: restored.length };
    if (known !== undefined) known.entries.length = restored.length;
    this.#epochs(channel).set(epoch, life);
    this.#current.set(channel, life);
  }

  append(channel: string, entry: LedgerEntry): void {
    this.#current.get(channel)!.entries.push(entry);
  }

  appendUnstored(channel: string, data: string): void {
    const order = this.#unstored.get(channel) ?? new Map<string, number>();
    this.#unstored.set(channel, order);
    order.set(data, order.size + 1);
  }

  /** The place of a publication in a channel that stores nothing; `undefined`: never published. */
  unstoredPlace(channel: string, data: string): number | undefined {
    return this.#unstored.get(channel)?.get(data);
  }

  current(channel: string): LedgerEpoch | undefined {
    return this.#current.get(channel);
  }

  epoch(channel: string, epoch: string): LedgerEpoch | undefined {
    return this.#epochs(channel).get(epoch);
  }

  at(channel: string, epoch: string, offset: number): LedgerEntry | undefined {
    return this.epoch(channel, epoch)?.entries[offset - 1];
  }

  /** Every epoch of a channel, the oldest first. */
  epochs(channel: string): Iterable<LedgerEpoch> {
    return this.#epochs(channel).values();
  }

  channels(): Iterable<string> {
    return this.#channels.keys();
  }

  #epochs(channel: string): Map<string, LedgerEpoch> {
    let epochs = this.#channels.get(channel);
    if (epochs === undefined) {
      epochs = new Map();
      this.#channels.set(channel, epochs);
    }
    return epochs;
  }
}
