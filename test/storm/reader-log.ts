// What one subscriber was told, written down as it comes, and judged when the storm is over.

import type { GapReason, PlainData, Position } from '../../src/channel/index.ts';
import type { RealtimeClient } from '../../src/client/index.ts';
import type { Checker } from '../../src/testkit/simulator/checker.ts';

type Told =
  | { readonly type: 'message'; readonly position: Position; readonly data: PlainData }
  | { readonly type: 'gap'; readonly position: Position; readonly reason: GapReason };

export interface ReaderLogOptions {
  readonly name: string;
  readonly channel: string;
  /** Where it begins to read. */
  readonly from: Position;
  /** How many publications the channel keeps. */
  readonly kept: number;
  /** How long its handler takes. @default none */
  readonly handlingMs?: number;
}

export class ReaderLog {
  /** What ended the subscription, which nothing should. */
  ended: unknown;
  readonly #options: ReaderLogOptions;
  readonly #told: Told[] = [];
  #last: Position;

  constructor(client: RealtimeClient<undefined>, options: ReaderLogOptions) {
    this.#options = options;
    this.#last = options.from;
    const { handlingMs } = options;
    client.channel(options.channel).subscribe(
      ({ position, data }) => {
        this.#write({ type: 'message', position, data });
        return handlingMs === undefined ? undefined : new Promise((done) => setTimeout(done, handlingMs));
      },
      {
        from: options.from,
        onGap: (gap) => this.#write({ type: 'gap', ...gap }),
        onEnd: (error) => {
          this.ended = error;
        },
      },
    );
  }

  get channel(): string {
    return this.#options.channel;
  }

  get messages(): number {
    return this.#told.filter(({ type }) => type === 'message').length;
  }

  get gaps(): number {
    return this.#told.length - this.messages;
  }

  /** Whether it has come as far as this. */
  hasReached({ epoch, offset }: Position): boolean {
    return this.#last.epoch === epoch && this.#last.offset >= offset;
  }

  /** Lets the checker of the simulator follow what was told. */
  judge(checker: Checker): void {
    const { name, channel, from, kept } = this.#options;
    const reader = checker.reader({
      name,
      channel,
      class: 'log',
      kept,
      position: from,
      isVisible: () => true,
      revokedAt: () => undefined,
      isLossy: () => false,
    });
    for (const told of this.#told) {
      if (told.type === 'message') reader.onPublication({ position: told.position, data: told.data });
      else reader.onGap(told.reason, told.position);
    }
    const missing = reader.findMissing();
    if (missing !== undefined) checker.violate('L', `${name} on ${channel}: ${missing}`);
    if (this.ended !== undefined) checker.violate('liveness', `${name}: ended by ${String(this.ended)}`);
  }

  #write(told: Told): void {
    this.#told.push(told);
    this.#last = told.position;
  }
}
