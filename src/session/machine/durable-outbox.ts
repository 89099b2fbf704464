// An outbox that outlives its process: what nobody has answered is kept in a journal, and sent on in a later life.

import { jsonLength } from '../json-length.ts';
import {
  newItem,
  newLane,
  Outbox,
  type OutboxItem,
  type OutboxLane,
  type OutboxLimits,
  type OutboxMachine,
  type PublishFields,
  type PublishResult,
} from './outbox.ts';

/** One publication without an answer. Plain data. */
export interface OutboxEntry {
  /** Names the entry for as long as it is kept. */
  readonly id: string;
  /** Entries were published in this order. */
  readonly order: number;
  readonly channel: string;
  /** Under this producer and sequence it was sent, or is going to be. */
  readonly producer: string;
  readonly sequence: number;
  /** It may have been sent: whether it was appended is not known then. */
  readonly isSent: boolean;
  readonly fields: PublishFields;
}

/** Keeps entries, in the order of the calls. Failures are its own to report. */
export interface OutboxJournal {
  /** Writes an entry, or writes over the one of the same id; then calls back. */
  put(entry: OutboxEntry, onStored: () => void): void;
  remove(id: string): void;
  /** Milliseconds since 1970. Puts what several pages have left in order; of one page, nothing is ordered by it. */
  wallTime(): number;
}

interface Kept {
  entry: OutboxEntry;
  isBeingStored: boolean;
}

export class DurableOutbox extends Outbox {
  readonly #journal: OutboxJournal;
  readonly #kept = new Map<OutboxItem, Kept>();
  /** Of earlier lives, by channel: each goes first, and what is published now comes after all of them. */
  readonly #earlier = new Map<string, OutboxLane[]>();
  #lastOrder = 0;

  constructor(machine: OutboxMachine, room: OutboxLimits, journal: OutboxJournal) {
    super(machine, room);
    this.#journal = journal;
  }

  /** Goes on with what earlier lives have left, in the order in which it was published, before anything else is. */
  restore(entries: readonly OutboxEntry[], done: (entry: OutboxEntry, result: PublishResult) => void): void {
    for (const entry of entries) {
      const { channel, producer, sequence, fields, isSent } = entry;
      const lane = this.#earlierLane(channel, producer);
      const item = newItem(sequence, fields, {
        bytes: jsonLength(fields.data),
        done: (result) => done(entry, result),
      });
      item.isUncertain = isSent;
      lane.lastSequence = sequence;
      this.#lastOrder = Math.max(this.#lastOrder, entry.order);
      this.#kept.set(item, { entry, isBeingStored: false });
      super.add(lane, item);
    }
    this.flush();
  }

  #earlierLane(channel: string, producer: string): OutboxLane {
    const lanes = this.#earlier.get(channel) ?? [];
    let lane = lanes.find((known) => known.producer === producer);
    if (lane === undefined) {
      lane = newLane(channel, producer);
      this.lanes.add(lane);
      this.#earlier.set(channel, [...lanes, lane]);
    }
    return lane;
  }

  protected override add(lane: OutboxLane, item: OutboxItem): void {
    super.add(lane, item);
    const order = Math.max(this.#lastOrder + 1, this.#journal.wallTime());
    this.#lastOrder = order;
    // What is sent at once need not be stored first: should the process end in between, it is sent or it is lost, and
    // a new life takes a new producer.
    const isSent = this.machine.canSend;
    this.#store(lane, item, { id: this.machine.newProducer(), order, isSent });
  }

  protected override maySend(lane: OutboxLane, item: OutboxItem): boolean {
    const first = this.#earlier.get(lane.channel)?.find(({ items }) => items.length > 0);
    if (first !== undefined && first !== lane) return false;
    if (this.#isStored(lane, item)) return true;
    // An entry that says it was never sent must not be wrong: it is stored first, and so are those behind it.
    for (const each of lane.items) {
      const kept = this.#kept.get(each)!;
      const isDue = !this.#isStored(lane, each) && !kept.isBeingStored;
      if (isDue) this.#store(lane, each, { ...kept.entry, isSent: true });
    }
    return false;
  }

  /** Whether the journal knows that it may have been sent as it is sent now. */
  #isStored(lane: OutboxLane, item: OutboxItem): boolean {
    const { entry } = this.#kept.get(item)!;
    return entry.isSent && entry.producer === lane.producer && entry.sequence === item.q;
  }

  protected override settle(lane: OutboxLane, item: OutboxItem, result: PublishResult): void {
    const kept = this.#kept.get(item);
    this.#kept.delete(item);
    if (kept !== undefined) this.#journal.remove(kept.entry.id);
    super.settle(lane, item, result);
  }

  #store(
    lane: OutboxLane,
    item: OutboxItem,
    { id, order, isSent }: Pick<OutboxEntry, 'id' | 'order' | 'isSent'>,
  ): void {
    const { channel, producer } = lane;
    const entry: OutboxEntry = {
      id,
      order,
      channel,
      producer,
      sequence: item.q,
      isSent,
      fields: item.fields,
    };
    const mustWait = isSent && this.#kept.has(item);
    const kept: Kept = { entry: mustWait ? this.#kept.get(item)!.entry : entry, isBeingStored: mustWait };
    this.#kept.set(item, kept);
    this.#journal.put(entry, () => {
      if (!mustWait || this.#kept.get(item) !== kept) return;
      this.#kept.set(item, { entry, isBeingStored: false });
      this.flushLane(lane);
    });
  }
}
