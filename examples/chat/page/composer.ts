// The box one writes in: grows with its text, sends on Enter, and tells when someone begins and stops typing.

import { byId } from './element.ts';

/** Without a key for this long, one is no longer typing. */
const typingPauseMs = 3_000;

export interface ComposerHandler {
  onText(text: string): void;
  onTyping(active: boolean): void;
}

export class Composer {
  readonly #form = byId('compose', HTMLFormElement);
  readonly #text = byId('text', HTMLTextAreaElement);
  readonly #handler: ComposerHandler;
  #pause: number | undefined;

  constructor(handler: ComposerHandler) {
    this.#handler = handler;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('keydown', (event) => {
      // While an input method composes a character, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('input', () => {
      this.#fit();
      this.#setTyping(this.#text.value.trim() !== '');
    });
  }

  focus(): void {
    this.#text.focus();
  }

  #submit(): void {
    const text = this.#text.value.trim();
    if (text === '') return;
    this.#text.value = '';
    this.#fit();
    this.#setTyping(false);
    this.#handler.onText(text);
    this.focus();
  }

  #setTyping(active: boolean): void {
    const before = this.#pause !== undefined;
    clearTimeout(this.#pause);
    this.#pause = active ? setTimeout(() => this.#setTyping(false), typingPauseMs) : undefined;
    if (active !== before) this.#handler.onTyping(active);
  }

  #fit(): void {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
