// Joins the pages of presence and its changes into one snapshot, and what follows it.

import type { PresenceBroker, PresenceWatch } from '../../broker/index.ts';
import { type PresenceChange, PresenceMap } from '../../channel/index.ts';
import type { Watch, WatchHandler } from '../../session/index.ts';

const membersInPage = 500;

/**
 * Watches first, then reads the pages, each of its own moment, then applies the changes until the latest of those
 * moments: there the map is what the broker's was. `ended` rejects when the broker failed, after `onLost`.
 */
export function watchPresence(
  presence: PresenceBroker,
  channel: string,
  handler: WatchHandler,
): { readonly watch: Watch; readonly ended: Promise<void> } {
  const watching = new PresenceWatching(presence, channel, handler);
  return { watch: { close: () => watching.close() }, ended: watching.open() };
}

class PresenceWatching {
  readonly #presence: PresenceBroker;
  readonly #channel: string;
  readonly #handler: WatchHandler;
  #map: PresenceMap | undefined = new PresenceMap();
  #source: PresenceWatch | undefined;
  #offset = 0;
  /** The moment of the latest page. */
  #readTo = 0;
  #hasEnded = false;

  constructor(presence: PresenceBroker, channel: string, handler: WatchHandler) {
    this.#presence = presence;
    this.#channel = channel;
    this.#handler = handler;
  }

  async open(): Promise<void> {
    try {
      const source = await this.#presence.watch(this.#channel);
      if (this.#hasEnded) return source.close();
      this.#source = source;
      this.#offset = this.#readTo = source.position.offset;
      if (await this.#readPages(source)) this.#start(source);
    } catch (error) {
      this.#lose();
      throw error;
    }
  }

  close(): void {
    this.#hasEnded = true;
    this.#source?.close();
  }

  /** Returns `false` when it ended meanwhile. */
  async #readPages({ position }: PresenceWatch): Promise<boolean> {
    let afterKey: string | undefined;
    for (;;) {
      const query = { limit: membersInPage, ...(afterKey !== undefined && { afterKey }) };
      const page = await this.#presence.read(this.#channel, query);
      if (this.#hasEnded) return false;
      if (page.position.epoch !== position.epoch) {
        this.#lose();
        return false;
      }
      for (const member of page.members) this.#map!.put(member);
      this.#readTo = Math.max(this.#readTo, page.position.offset);
      if (!page.more) return true;
      afterKey = page.members.at(-1)!.key;
    }
  }

  #start(source: PresenceWatch): void {
    this.#tellWhenWhole(source);
    source.start({
      onChange: (change) => {
        if (!this.#hasEnded) this.#change(change, source);
      },
      onLost: () => this.#lose(),
    });
  }

  #change(change: PresenceChange, source: PresenceWatch): void {
    this.#offset = change.offset;
    if (this.#map === undefined) return this.#handler.onChange(change);
    this.#map.apply(change);
    this.#tellWhenWhole(source);
  }

  #tellWhenWhole({ position }: PresenceWatch): void {
    if (this.#offset < this.#readTo) return;
    const members = this.#map!.members();
    this.#map = undefined;
    this.#handler.onSnapshot(members, { epoch: position.epoch, offset: this.#offset });
  }

  #lose(): void {
    if (this.#hasEnded) return;
    this.close();
    this.#handler.onLost();
  }
}
