// What a channel remembers of its producers, so that a retry gets the first answer again.

import type { ChannelPolicy, ProducerStamp } from '../../channel/index.ts';
import { ExpiringTable } from './expiring-table.ts';

interface Producer {
  lastSequence: number;
  /** Offsets of the last sequences; that of sequence `q` is at `q % length`. */
  readonly offsets: number[];
}

export type SequenceCheck =
  | { readonly type: 'next' }
  | { readonly type: 'repeated'; readonly offset: number }
  | { readonly type: 'gap'; readonly expected: number }
  | { readonly type: 'expired' }
  | { readonly type: 'full' };

const next: SequenceCheck = { type: 'next' };
const expired: SequenceCheck = { type: 'expired' };
const full: SequenceCheck = { type: 'full' };

export class ProducerMemory {
  readonly #producers: ExpiringTable<Producer>;

  constructor(maxProducers: number) {
    this.#producers = new ExpiringTable(maxProducers);
  }

  get size(): number {
    return this.#producers.size;
  }

  check(publisher: string, { id, sequence }: ProducerStamp): SequenceCheck {
    const producer = this.#producers.get(publisher, id);
    if (producer === undefined) {
      // An unknown producer that is past its first publication was known once: what became of it cannot be told.
      if (sequence !== 1) return expired;
      return this.#producers.isFull ? full : next;
    }
    const { lastSequence, offsets } = producer;
    if (sequence === lastSequence + 1) return next;
    if (sequence > lastSequence) return { type: 'gap', expected: lastSequence + 1 };
    if (sequence <= lastSequence - offsets.length) return expired;
    return { type: 'repeated', offset: offsets[sequence % offsets.length]! };
  }

  /** Remembers the offset that the next sequence of this producer was given. */
  record(
    publisher: string,
    { id, sequence }: ProducerStamp,
    result: { offset: number; results: number; now: number },
  ): void {
    const known = this.#producers.get(publisher, id);
    if (known === undefined) {
      const value: Producer = { lastSequence: sequence, offsets: new Array<number>(result.results).fill(0) };
      value.offsets[sequence % result.results] = result.offset;
      this.#producers.add(publisher, id, { value, now: result.now });
      return;
    }
    known.lastSequence = sequence;
    known.offsets[sequence % known.offsets.length] = result.offset;
    this.#producers.touch(publisher, id, result.now);
  }

  expire(now: number, policy: ChannelPolicy): void {
    this.#producers.expire(now - policy.producerWindowMs);
  }
}
