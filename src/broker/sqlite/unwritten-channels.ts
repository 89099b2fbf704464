// Channels that were looked at, and never published to: they have an epoch, and no row.

import type { ChannelPolicy } from '../../channel/index.ts';
import { ChannelLog } from '../memory/channel-log.ts';
import { memoryParts } from '../memory/memory-parts.ts';
import { createEpoch } from './epoch.ts';

/** Of one that was forgotten, whoever listens is told that it has another epoch. */
const maxEpochs = 100_000;

/** Looking writes nothing, or whoever may name a channel could fill the file. */
export class UnwrittenChannels {
  /** By name, the longest known first. */
  readonly #epochs = new Map<string, string>();

  /** An empty channel, of the same epoch each time: until it is written, or forgotten for others. */
  log(name: string, policy: ChannelPolicy): ChannelLog {
    let epoch = this.#epochs.get(name);
    if (epoch === undefined) {
      epoch = createEpoch();
      this.#epochs.set(name, epoch);
      const [longestKnown] = this.#epochs.keys();
      if (this.#epochs.size > maxEpochs) this.#epochs.delete(longestKnown!);
    }
    return new ChannelLog({ epoch, policy, parts: memoryParts(policy, 0) });
  }

  /** The channel is written from now on. Returns the epoch under which it is known, which is not given out again. */
  take(name: string): string | undefined {
    const epoch = this.#epochs.get(name);
    this.#epochs.delete(name);
    return epoch;
  }
}
