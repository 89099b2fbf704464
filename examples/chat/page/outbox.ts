// What one has written and the server has not acknowledged yet; it outlives a reload of the page.

import type { ChatEvent } from '../chat-contract.ts';

export interface Unsent {
  /** The name of this publication: however often it is sent, it is appended once. */
  readonly key: string;
  readonly channel: string;
  readonly event: ChatEvent;
}

const storageKey = 'chat.outbox';

export class Outbox {
  readonly #unsent = new Map<string, Unsent>();

  constructor() {
    try {
      const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]') as Unsent[];
      for (const unsent of stored) this.#unsent.set(unsent.key, unsent);
    } catch {
      // Not ours: as if nothing had been written.
    }
  }

  in(channel: string): Unsent[] {
    return [...this.#unsent.values()].filter((unsent) => unsent.channel === channel);
  }

  add(unsent: Unsent): void {
    this.#unsent.set(unsent.key, unsent);
    this.#save();
  }

  remove(key: string): void {
    if (this.#unsent.delete(key)) this.#save();
  }

  #save(): void {
    sessionStorage.setItem(storageKey, JSON.stringify([...this.#unsent.values()]));
  }
}
