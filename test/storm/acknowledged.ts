// The truth about a storm, as its publishers know it: every publication that was acknowledged, and where it is.

import { randomBytes } from 'node:crypto';
import type { Position } from '../../src/channel/index.ts';
import type { RealtimeClient } from '../../src/client/index.ts';
import { Checker } from '../../src/testkit/simulator/checker.ts';
import { Ledger } from '../../src/testkit/simulator/ledger.ts';
import type { ReaderLog } from './reader-log.ts';

export class Acknowledged {
  readonly #channels = new Map<string, Map<number, { readonly data: string; readonly epoch: string }>>();
  readonly #heads = new Map<string, Position>();
  /** What was refused, or acknowledged against the rules. */
  readonly faults: string[] = [];
  #last = 0;
  #waiting = 0;

  /** Publishes something that nobody else publishes, followed by so many bytes that compression makes no shorter. */
  async publish(client: RealtimeClient<undefined>, channel: string, ballastBytes = 0): Promise<void> {
    const data = `p${++this.#last} ${randomBytes(ballastBytes).toString('base64')}`;
    this.#waiting++;
    try {
      this.#acknowledge(channel, data, await client.channel(channel).publish(data));
    } catch (error) {
      this.faults.push(`${data} was refused: ${String(error)}`);
    } finally {
      this.#waiting--;
    }
  }

  /** Publications without an answer. */
  get waiting(): number {
    return this.#waiting;
  }

  get count(): number {
    return [...this.#channels.values()].reduce((sum, { size }) => sum + size, 0);
  }

  head(channel: string): Position {
    return this.#heads.get(channel) ?? { epoch: '', offset: 0 };
  }

  /** What the checker finds wrong, in words; empty when nothing is. */
  judge(readers: Iterable<ReaderLog>): string[] {
    const ledger = new Ledger();
    for (const [channel, entries] of this.#channels) {
      const { epoch } = this.head(channel);
      ledger.begin(channel, epoch);
      for (const offset of [...entries.keys()].sort((a, b) => a - b)) {
        const entry = entries.get(offset)!;
        ledger.append(channel, {
          offset,
          data: entry.data,
          stateKey: undefined,
          removed: false,
          appendedAt: 0,
        });
      }
    }
    const checker = new Checker(ledger, () => 0);
    this.#checkNumbers(ledger, checker);
    checker.checkLedger();
    for (const reader of readers) reader.judge(checker);
    return [...this.faults, ...checker.violations.map(({ rule, message }) => `${rule}: ${message}`)];
  }

  #checkNumbers(ledger: Ledger, checker: Checker): void {
    for (const channel of ledger.channels()) {
      for (const [index, { offset, data }] of (ledger.current(channel)?.entries ?? []).entries()) {
        if (offset === index + 1) continue;
        checker.violate(
          'F',
          `${channel}: ${data} is at ${offset}, and nobody published what is at ${index + 1}`,
        );
        break;
      }
    }
  }

  #acknowledge(channel: string, data: string, position: Position): void {
    const entries = this.#channels.get(channel) ?? new Map<number, { data: string; epoch: string }>();
    this.#channels.set(channel, entries);
    const head = this.#heads.get(channel);
    const { epoch, offset } = position;
    if (head !== undefined && head.epoch !== epoch)
      this.faults.push(`${channel} has another epoch: ${epoch}`);
    const other = entries.get(offset);
    if (other !== undefined)
      this.faults.push(`${data} and ${other.data} were both acknowledged at ${offset}`);
    entries.set(offset, { data, epoch });
    if (head === undefined || offset > head.offset) this.#heads.set(channel, position);
  }
}
