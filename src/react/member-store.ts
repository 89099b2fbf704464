// Who is present in a channel, for those who watch it together.

import type { ChannelPresence, MemberList } from '../client/index.ts';
import { SharedStore } from './shared-store.ts';

export class MemberStore<Presence> extends SharedStore<MemberList<Presence>> {
  readonly #there: ChannelPresence<Presence>;

  constructor(there: ChannelPresence<Presence>) {
    super(there.list);
    this.#there = there;
  }

  protected start(): () => void {
    return this.#there.watch((list) => this.set(list));
  }
}
