// The list of channels, with what is unread in each, and the form that adds one.

import { readChannelName } from '../chat-text.ts';
import { byId, fromTemplate, inside } from './element.ts';
import { Popover } from './popover.ts';

export interface ChannelListHandler {
  onOpen(name: string): void;
  onAdd(name: string): void;
}

export class ChannelList {
  readonly #list = byId('channel-list', HTMLUListElement);
  readonly #input = byId('new-channel', HTMLInputElement);
  readonly #problem = byId('new-channel-problem', HTMLParagraphElement);
  readonly #dot = byId('unread-elsewhere', HTMLSpanElement);
  readonly #popover: Popover;
  readonly #items = new Map<string, HTMLElement>();
  readonly #handler: ChannelListHandler;

  constructor(handler: ChannelListHandler) {
    this.#handler = handler;
    this.#popover = new Popover(byId('channels-toggle', HTMLButtonElement), byId('channels', HTMLElement));
    byId('add-channel', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#add();
    });
  }

  add(name: string): void {
    if (this.#items.has(name)) return;
    const item = fromTemplate('channel-template');
    inside(item, '.title').textContent = name;
    inside(item, 'button').addEventListener('click', () => {
      this.#popover.show(false);
      this.#handler.onOpen(name);
    });
    this.#items.set(name, item);
    const next = [...this.#items.keys()].sort((a, b) => a.localeCompare(b)).find((other) => other > name);
    this.#list.insertBefore(item, next === undefined ? null : this.#items.get(next)!);
  }

  setOpen(name: string): void {
    for (const [each, item] of this.#items) {
      const button = inside(item, 'button');
      if (each === name) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  }

  setUnread(name: string, count: number): void {
    const item = this.#items.get(name);
    if (item === undefined) return;
    const badge = inside(item, '.badge');
    badge.hidden = count === 0;
    inside(badge, '.number').textContent = count > 99 ? '99+' : String(count);
    this.#dot.hidden = !this.#list.querySelector('.badge:not([hidden])');
  }

  showProblem(text: string): void {
    this.#problem.textContent = text;
  }

  #add(): void {
    // What people write for a channel's name is made one where it is clear how.
    const name = this.#input.value.trim().toLocaleLowerCase().replace(/^#/, '').replaceAll(/\s+/g, '-');
    try {
      this.#handler.onAdd(readChannelName(name));
      this.#problem.textContent = '';
      this.#input.value = '';
    } catch (error) {
      this.#problem.textContent = (error as Error).message;
    }
  }
}
