// Who is typing in a channel. Nobody says so for ever: whoever is not heard of again has stopped.

import type { Typing } from '../chat-contract.ts';

/** Somebody who types says so again more often than this. */
const forgetMs = 6_000;

export class Typists {
  readonly #typists = new Map<string, { readonly name: string; readonly timer: number }>();
  readonly #onChange: (names: readonly string[]) => void;

  constructor(onChange: (names: readonly string[]) => void) {
    this.#onChange = onChange;
  }

  set(subject: string, typing: Typing | undefined): void {
    const before = this.#typists.get(subject);
    if (before === undefined && typing?.active !== true) return;
    clearTimeout(before?.timer);
    this.#typists.delete(subject);
    if (typing?.active === true) {
      const timer = setTimeout(() => this.set(subject, undefined), forgetMs);
      this.#typists.set(subject, { name: typing.name, timer });
    }
    this.#tell();
  }

  clear(): void {
    for (const { timer } of this.#typists.values()) clearTimeout(timer);
    this.#typists.clear();
    this.#tell();
  }

  #tell(): void {
    this.#onChange([...this.#typists.values()].map(({ name }) => name).sort());
  }
}
