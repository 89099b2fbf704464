// Room for channels: what nobody would miss gives way before a channel is refused.

import type { Clock } from '../clock.ts';
import { BrokerError } from '../errors.ts';

/** Looking through all channels takes milliseconds: a stranger who asks for one after another must not set the pace. */
const lookEveryMs = 1_000;

export interface RoomOptions {
  readonly clock: Clock;
  readonly maxChannels: number;
  onLimit?(limit: 'maxChannels'): void;
}

export class ChannelRoom<Channel> {
  readonly #channels: Map<string, Channel>;
  readonly #options: RoomOptions;
  readonly #isMissed: (channel: Channel) => boolean;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `isMissed`: whether somebody listens, or something would be lost with it. */
  constructor(channels: Map<string, Channel>, options: RoomOptions, isMissed: (channel: Channel) => boolean) {
    this.#channels = channels;
    this.#options = options;
    this.#isMissed = isMissed;
  }

  /** @throws {BrokerError} `BROKER_FULL`: there is none for another. */
  make(): void {
    const { clock, maxChannels } = this.#options;
    if (this.#channels.size < maxChannels) return;
    const now = clock.now();
    if (now - this.#lookedAt >= lookEveryMs) {
      this.#lookedAt = now;
      for (const [name, channel] of this.#channels) if (!this.#isMissed(channel)) this.#channels.delete(name);
    }
    if (this.#channels.size < maxChannels) return;
    this.#options.onLimit?.('maxChannels');
    throw new BrokerError('BROKER_FULL', `already ${maxChannels} channels`, { effect: 'none' });
  }
}
