// The script of a page for the tests of the client in a browser: what it hears and publishes can be asked from outside.

import {
  connect,
  durableOutbox,
  indexedDbOutbox,
  presence,
  type RealtimeClient,
  sessionStorageResume,
} from '../../src/client/index.ts';

interface Page {
  client: RealtimeClient<undefined>;
  /** What this life of the page has heard. */
  heard: string[];
  gaps: number;
  /** What an earlier life has left in the outbox, and what became of it. */
  restored: { text: string; offset: number | string | undefined }[];
  publish(text: string): void;
  names(): string[];
  /** How many publications IndexedDB holds. */
  countStored(): Promise<number>;
}

const page = globalThis as unknown as { url: string; page: Page };
const state: Omit<Page, 'client'> = {
  heard: [],
  gaps: 0,
  restored: [],
  publish: (text) => void chat.publish({ text }).catch(console.error),
  names: () => there.list.members.map(({ data }) => String((data as { name: string }).name)),
  countStored,
};

const client = connect(page.url, {
  token: 'ann',
  resume: sessionStorageResume(),
  outbox: durableOutbox({
    store: indexedDbOutbox(),
    onRestored: (publications) => {
      for (const { data, position } of publications) {
        const entry: Page['restored'][number] = { text: (data as { text: string }).text, offset: undefined };
        state.restored.push(entry);
        position.then(
          ({ offset }) => (entry.offset = offset),
          (error) => (entry.offset = String(error.code)),
        );
      }
    },
  }),
});
const chat = client.channel('chat:1');
chat.subscribe(({ data }) => void state.heard.push((data as { text: string }).text), {
  onGap: () => void state.gaps++,
});
const there = presence(chat);
there.watch(() => {});
void there.enter({ name: 'Ann' });
page.page = Object.assign(state, { client });

function countStored(): Promise<number> {
  return new Promise((resolve) => {
    // biome-ignore lint/suspicious/noExplicitAny: the tests compile without the types of browsers
    const opening = (globalThis as any).indexedDB.open('tidewire.outbox', 1);
    opening.onsuccess = () => {
      const counting = opening.result.transaction('publications').objectStore('publications').count();
      counting.onsuccess = () => resolve(counting.result);
    };
  });
}
