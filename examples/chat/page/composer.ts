// The box one writes in: grows with its text, sends on Enter, edits, and tells when someone begins and stops typing.

import { byId } from './element.ts';

/** Without a key for this long, one is no longer typing. */
const typingPauseMs = 3_000;
/** Somebody who goes on typing says so again, for those who came meanwhile. */
const typingAgainMs = 3_000;

export interface ComposerHandler {
  onText(text: string): void;
  onEdited(id: string, text: string): void;
  /** ↑ in an empty box: the last message of one's own is wanted. */
  onEditLast(): void;
  onTyping(active: boolean): void;
}

export class Composer {
  readonly #form = byId('compose', HTMLFormElement);
  readonly #text = byId('text', HTMLTextAreaElement);
  readonly #editing = byId('editing', HTMLDivElement);
  readonly #handler: ComposerHandler;
  #pause: number | undefined;
  #toldAt = 0;
  /** The message that is being edited. */
  #editedId: string | undefined;

  constructor(handler: ComposerHandler) {
    this.#handler = handler;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('keydown', (event) => {
      // While an input method composes a character, its keys belong to it.
      if (event.isComposing) return;
      if (event.key === 'Escape' && this.#editedId !== undefined) this.endEdit();
      else if (event.key === 'ArrowUp' && this.#text.value === '') handler.onEditLast();
      else if (event.key === 'Enter' && !event.shiftKey) this.#submit();
      else return;
      event.preventDefault();
    });
    this.#text.addEventListener('input', () => {
      this.#fit();
      if (this.#editedId === undefined) this.#setTyping(this.#text.value.trim() !== '');
    });
    byId('end-edit', HTMLButtonElement).addEventListener('click', () => this.endEdit());
  }

  focus(): void {
    this.#text.focus();
  }

  /** Says where one writes to. */
  setChannel(name: string): void {
    this.endEdit();
    this.#setTyping(false);
    this.#text.placeholder = `Write to #${name}`;
  }

  edit(id: string, text: string): void {
    this.#editedId = id;
    this.#editing.hidden = false;
    this.#setText(text);
    this.focus();
  }

  endEdit(): void {
    if (this.#editedId === undefined) return;
    this.#editedId = undefined;
    this.#editing.hidden = true;
    this.#setText('');
  }

  #submit(): void {
    const text = this.#text.value.trim();
    if (text === '') return;
    const id = this.#editedId;
    this.endEdit();
    this.#setText('');
    this.#setTyping(false);
    if (id === undefined) this.#handler.onText(text);
    else this.#handler.onEdited(id, text);
    this.focus();
  }

  #setText(text: string): void {
    this.#text.value = text;
    this.#fit();
  }

  #setTyping(active: boolean): void {
    const before = this.#pause !== undefined;
    clearTimeout(this.#pause);
    this.#pause = active ? setTimeout(() => this.#setTyping(false), typingPauseMs) : undefined;
    const isDueAgain = active && performance.now() - this.#toldAt > typingAgainMs;
    if (active === before && !isDueAgain) return;
    this.#toldAt = performance.now();
    this.#handler.onTyping(active);
  }

  #fit(): void {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
