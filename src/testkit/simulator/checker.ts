// The judge of a simulation. L: nothing acknowledged is lost. D: nothing is delivered twice. O: one order for all.
// H: a hole is told before the next message. F: nothing is invented. A: nobody reads what they may not.

import type { DeliveryClass, GapReason, Position } from '../../channel/index.ts';
import type { PublishResult, ReceivedPublication } from '../../session/index.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';

export type Rule = 'L' | 'D' | 'O' | 'H' | 'F' | 'A' | 'R' | 'liveness' | 'crash';

export interface Violation {
  readonly rule: Rule;
  /** Virtual milliseconds since the beginning of the run. */
  readonly at: number;
  readonly message: string;
}

export interface ReaderOptions {
  readonly name: string;
  readonly channel: string;
  readonly class: DeliveryClass;
  /** Where it goes on, when an earlier life of it is continued. */
  readonly position: Position | undefined;
  isVisible(data: string): boolean;
  /** When the right to read was taken away; `undefined`: never. */
  revokedAt(): number | undefined;
  /** Whether links have lost or repeated anything in this run. */
  isLossy(): boolean;
  /** How many publications the channel keeps. */
  readonly kept: number;
}

/** Messages that were on their way when a right was taken may still arrive for so long. */
const revocationGraceMs = 3_000;

export class Checker {
  readonly violations: Violation[] = [];
  readonly ledger: Ledger;
  readonly #now: () => number;
  deliveries = 0;
  gaps = 0;

  constructor(ledger: Ledger, now: () => number) {
    this.ledger = ledger;
    this.#now = now;
  }

  violate(rule: Rule, message: string): void {
    this.violations.push({ rule, at: this.#now(), message });
  }

  reader(options: ReaderOptions): Reader {
    return new Reader(this, options);
  }

  /** A client was told what became of its publication. */
  published(channel: string, data: string, result: PublishResult): void {
    if (result.error === undefined) {
      const { epoch, offset } = result.position;
      if (this.ledger.epoch(channel, epoch) === undefined) return;
      const entry = this.ledger.at(channel, epoch, offset);
      if (entry?.data !== data) {
        this.violate(
          'L',
          `${data} was acknowledged at ${channel} ${epoch}/${offset}, where ${entry?.data} is`,
        );
      }
    } else if (result.error.code !== 'producer_expired' && this.find(channel, data) !== undefined) {
      this.violate('F', `${data} was refused (${result.error.code}) and is in ${channel}`);
    }
  }

  /** Looks through everything that was ever appended: each publication at most once in an epoch. */
  checkLedger(): void {
    for (const channel of this.ledger.channels()) {
      for (const { epoch, entries, restored } of this.ledger.epochs(channel)) {
        const seen = new Set<string>();
        // Not what was restored: the memory of producers belongs to the epoch, and went with it.
        for (const { data, offset, removed } of entries.slice(restored)) {
          if (!removed && seen.has(data))
            this.violate('D', `${data} is twice in ${channel} ${epoch}, at ${offset}`);
          seen.add(data);
        }
      }
    }
  }

  find(channel: string, data: string): LedgerEntry | undefined {
    for (const { entries } of this.ledger.epochs(channel)) {
      const entry = entries.find((candidate) => candidate.data === data);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

/** Follows one handler of one channel, and knows what it may see next. */
export class Reader {
  readonly options: ReaderOptions;
  readonly #checker: Checker;
  #position: Position | undefined;
  /** `state`: what the handler believes. */
  readonly values = new Map<string, string>();
  #lastPlace = 0;
  readonly #handled = new Map<string, number>();

  constructor(checker: Checker, options: ReaderOptions) {
    this.#checker = checker;
    this.options = options;
    this.#position = options.position;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  onSubscribed(position: Position): void {
    // What is not numbered has its order on one connection only: another node may hear it later.
    if (this.options.class === 'signal') this.#lastPlace = 0;
    if (this.options.class === 'mailbox' || this.options.class === 'signal') return;
    const known = this.#position;
    this.#position = position;
    if (known === undefined) return;
    // The client's own position may be ahead of the last message: hidden offsets were told.
    const isSame = known.epoch === position.epoch && known.offset <= position.offset;
    if (!isSame)
      this.#violate('H', `goes on at ${text(position)} after ${text(known)}, and was told nothing`);
    else this.#checkSkipped(known.offset, position.offset, position.epoch);
  }

  onGap(reason: GapReason, position: Position): void {
    const { channel, kept } = this.options;
    this.#checker.gaps++;
    const known = this.#position;
    const head = this.#checker.ledger.epoch(channel, position.epoch)?.entries.length ?? 0;
    if (known !== undefined && known.epoch === position.epoch && this.options.class === 'log') {
      // Within an epoch there is only one excuse: what came after the position is not kept any more.
      if (head - known.offset <= kept)
        this.#violate('L', `a gap (${reason}) from ${text(known)} without need`);
    }
    this.#position = position;
    this.values.clear();
  }

  onPublication(publication: ReceivedPublication): void {
    this.#checker.deliveries++;
    const { channel, class: deliveryClass } = this.options;
    const data = publication.removed === true ? '' : String(publication.data);
    if (deliveryClass === 'signal') return this.#onSignal(data);
    const { epoch, offset } = publication.position;
    const entry = this.#checker.ledger.at(channel, epoch, offset);
    if (entry === undefined || entry.data !== data || entry.stateKey !== publication.stateKey) {
      return this.#violate('F', `got ${data} at ${epoch}/${offset}, where ${entry?.data ?? 'nothing'} is`);
    }
    this.#checkRight(entry);
    if (deliveryClass === 'mailbox') return this.#onMailbox(publication, data);
    this.#checkOrder({ epoch, offset });
    this.#position = { epoch, offset };
    if (deliveryClass !== 'state') return;
    if (entry.removed) this.values.delete(entry.stateKey!);
    else this.values.set(entry.stateKey!, data);
  }

  #checkOrder({ epoch, offset }: Position): void {
    const known = this.#position;
    if (known === undefined || known.epoch !== epoch) {
      this.#violate('H', `got ${epoch}/${offset} after ${known === undefined ? 'nothing' : text(known)}`);
    } else if (offset <= known.offset) {
      this.#violate(offset === known.offset ? 'D' : 'O', `got ${epoch}/${offset} after ${text(known)}`);
    } else {
      this.#checkSkipped(known.offset, offset - 1, epoch);
    }
  }

  /** Everything between two positions must be hidden from this reader, or be an older value of a key. */
  #checkSkipped(after: number, to: number, epoch: string): void {
    if (after === to) return;
    const { channel } = this.options;
    const entries = this.#checker.ledger.epoch(channel, epoch)?.entries ?? [];
    for (let offset = after + 1; offset <= to; offset++) {
      const entry = entries[offset - 1];
      if (entry === undefined || !this.options.isVisible(entry.data)) continue;
      if (this.options.class === 'state' && this.#isReplaced(entries, entry)) continue;
      return this.#violate('H', `was not given ${epoch}/${offset} (${entry.data})`);
    }
  }

  /** A newer value exists, or the key was removed and the reader does not have it. */
  #isReplaced(entries: readonly LedgerEntry[], entry: LedgerEntry): boolean {
    if (entry.removed && !this.values.has(entry.stateKey!)) return true;
    return entries.some(({ offset, stateKey }) => offset > entry.offset && stateKey === entry.stateKey);
  }

  #onSignal(data: string): void {
    const place = this.#checker.ledger.unstoredPlace(this.options.channel, data);
    if (place === undefined) return this.#violate('F', `got ${data}, which nobody published`);
    // Signals are not numbered: over a link that repeats messages, or lets them overtake, there is no promise.
    if (this.options.isLossy()) return;
    if (place === this.#lastPlace) return this.#violate('D', `got ${data} twice`);
    if (place < this.#lastPlace) return this.#violate('O', `got ${data} after a later one`);
    this.#lastPlace = place;
  }

  #onMailbox({ position, attempt = 0 }: ReceivedPublication, data: string): void {
    const name = text(position);
    const known = this.#handled.get(name);
    if (known !== undefined && attempt <= known && !this.options.isLossy())
      this.#violate('D', `got ${data} twice as attempt ${attempt}`);
    this.#handled.set(name, attempt);
  }

  #checkRight(entry: LedgerEntry): void {
    const revokedAt = this.options.revokedAt();
    if (revokedAt !== undefined && entry.appendedAt > revokedAt + revocationGraceMs) {
      this.#violate('A', `got ${entry.data}, published after the right to read was taken`);
    }
    if (!this.options.isVisible(entry.data)) this.#violate('A', `got ${entry.data}, which is hidden from it`);
  }

  /** What is still missing when everything has come to rest, or `undefined`. */
  findMissing(): string | undefined {
    const { channel, class: deliveryClass, isVisible } = this.options;
    if (deliveryClass === 'signal' || deliveryClass === 'mailbox') return undefined;
    const current = this.#checker.ledger.current(channel);
    if (current === undefined) return undefined;
    const known = this.#position;
    if (known === undefined) return 'no position yet';
    if (known.epoch !== current.epoch) return `is in epoch ${known.epoch}, the channel in ${current.epoch}`;
    if (deliveryClass === 'log') {
      const missing = current.entries.slice(known.offset).find(({ data }) => isVisible(data));
      return missing === undefined ? undefined : `stands at ${text(known)}, ${missing.data} is missing`;
    }
    return this.#findWrongValue(current.entries);
  }

  #findWrongValue(entries: readonly LedgerEntry[]): string | undefined {
    const truth = new Map<string, string>();
    for (const { stateKey, data, removed } of entries) {
      if (removed) truth.delete(stateKey!);
      else truth.set(stateKey!, data);
    }
    for (const [key, value] of truth) {
      if (this.values.get(key) !== value) return `has ${this.values.get(key)} for ${key}, not ${value}`;
    }
    for (const key of this.values.keys()) if (!truth.has(key)) return `still has ${key}, which was removed`;
    return undefined;
  }

  #violate(rule: Rule, message: string): void {
    this.#checker.violate(rule, `${this.options.name} on ${this.options.channel}: ${message}`);
  }
}

function text({ epoch, offset }: Position): string {
  return `${epoch}/${offset}`;
}
