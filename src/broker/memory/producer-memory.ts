// What a channel remembers of its producers, so that a retry gets the first answer again.

import type { ChannelPolicy, ProducerStamp } from '../../channel/index.ts';
import type { Producers, SequenceCheck } from './channel-parts.ts';
import { ExpiringTable } from './expiring-table.ts';

interface Producer {
  lastSequence: number;
  /** How many results are remembered, as the policy was when the producer came. */
  readonly results: number;
  /** Offsets of the last sequences; that of sequence `q` is at `(q − 1) % results`. It grows as far as it is needed. */
  readonly offsets: number[];
}

const next: SequenceCheck = { type: 'next' };
const expired: SequenceCheck = { type: 'expired' };
const full: SequenceCheck = { type: 'full' };

/**
 * What a sequence is to what is known of its producer. `offsetOf` is asked only for a sequence whose result is still
 * remembered.
 */
export function checkSequence(
  sequence: number,
  known: { readonly lastSequence: number; readonly results: number } | undefined,
  { isFull, offsetOf }: { readonly isFull: boolean; offsetOf(sequence: number): number },
): SequenceCheck {
  // An unknown producer that is past its first publication was known once: what became of it cannot be told.
  if (known === undefined) return sequence !== 1 ? expired : isFull ? full : next;
  const { lastSequence, results } = known;
  if (sequence === lastSequence + 1) return next;
  if (sequence > lastSequence) return { type: 'gap', expected: lastSequence + 1 };
  if (sequence <= lastSequence - results) return expired;
  return { type: 'repeated', offset: offsetOf(sequence) };
}

export class ProducerMemory implements Producers {
  readonly #producers: ExpiringTable<Producer>;

  constructor(maxProducers: number) {
    this.#producers = new ExpiringTable(maxProducers);
  }

  get size(): number {
    return this.#producers.size;
  }

  check(publisher: string, { id, sequence }: ProducerStamp): SequenceCheck {
    const producer = this.#producers.get(publisher, id);
    return checkSequence(sequence, producer, {
      isFull: this.#producers.isFullFor(publisher),
      offsetOf: () => producer!.offsets[(sequence - 1) % producer!.results]!,
    });
  }

  /** Remembers the offset that the next sequence of this producer was given. The first is 1. */
  record(
    publisher: string,
    { id, sequence }: ProducerStamp,
    result: { offset: number; results: number; now: number },
  ): void {
    const known = this.#producers.get(publisher, id);
    if (known === undefined) {
      const value: Producer = { lastSequence: sequence, results: result.results, offsets: [result.offset] };
      this.#producers.add(publisher, id, { value, now: result.now });
      return;
    }
    known.lastSequence = sequence;
    known.offsets[(sequence - 1) % known.results] = result.offset;
    this.#producers.touch(publisher, id, result.now);
  }

  expire(now: number, policy: ChannelPolicy): void {
    this.#producers.expire(now - policy.producerWindowMs);
  }
}
