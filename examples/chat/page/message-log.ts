// The log of messages and notices: appends, groups by speaker, and stays at the newest unless one scrolled up to read.

import type { Said } from '../chat-message.ts';
import { byId, fromTemplate, inside, paintAvatar } from './element.ts';

/** A message follows the last one without a new head when the same person said it within this time. */
const groupMs = 3 * 60_000;

/** Older entries leave the page, so that a tab that stays open for days stays light. */
const maxEntries = 500;

/** How far from its end the log may be scrolled and still count as being there, in CSS pixels. */
const nearPixels = 48;

interface Speech {
  readonly fromName: string;
  readonly text: string;
  readonly at: number;
  readonly mine: boolean;
}

export class MessageLog {
  readonly #log = byId('log', HTMLDivElement);
  readonly #list = byId('messages', HTMLOListElement);
  readonly #toNewest = byId('to-newest', HTMLButtonElement);
  readonly #byMessageId = new Map<string, HTMLElement>();
  readonly #onTryAgain: (id: string) => void;
  #last: Speech | undefined;

  /** @param onTryAgain A refused message of ours is to be sent again. */
  constructor(onTryAgain: (id: string) => void) {
    this.#onTryAgain = onTryAgain;
    this.#toNewest.addEventListener('click', () => {
      this.toNewest();
      this.#log.focus();
    });
    this.#log.addEventListener('scroll', () => {
      if (this.#isAtEnd()) this.#toNewest.hidden = true;
    });
    // A keyboard that slides in, or a composer that grows, must not hide the newest message.
    new ResizeObserver(() => {
      if (this.#toNewest.hidden) this.toNewest();
    }).observe(this.#log);
  }

  /** Shows what was said, or confirms it if it is on the page already. */
  said({ id, from, text, at }: Said, mine: boolean): void {
    const shown = this.#byMessageId.get(id);
    if (shown === undefined) {
      this.#append(this.#message(id, { fromName: from.name, text, at, mine }));
      return;
    }
    shown.classList.remove('pending');
    inside(shown, '.trouble').hidden = true;
    setTime(inside(shown, 'time'), at);
  }

  /** Shows our own message before the server has said it. */
  pending(id: string, fromName: string, text: string): void {
    const element = this.#message(id, { fromName, text, at: Date.now(), mine: true });
    element.classList.add('pending');
    this.#append(element);
    this.toNewest();
  }

  /** Marks our own message as not accepted, and offers to send it again. */
  refused(id: string, reason: string): void {
    const element = this.#byMessageId.get(id);
    if (element === undefined) return;
    const trouble = inside(element, '.trouble');
    inside(trouble, 'span').textContent = reason;
    trouble.hidden = false;
  }

  /** A line in the middle, such as "Ada joined". */
  notice(text: string): void {
    const element = fromTemplate('notice-template');
    inside(element, 'span').textContent = text;
    this.#last = undefined;
    this.#append(element);
  }

  toNewest(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#toNewest.hidden = true;
  }

  #message(id: string, speech: Speech): HTMLElement {
    const { fromName, text, at, mine } = speech;
    const element = fromTemplate('message-template');
    const last = this.#last;
    const follows =
      last !== undefined && last.fromName === fromName && last.mine === mine && at - last.at < groupMs;
    element.classList.toggle('follows', follows);
    element.classList.toggle('mine', mine);
    inside(element, '.name').textContent = mine ? 'You' : fromName;
    setTime(inside(element, 'time'), at);
    paintAvatar(inside(element, '.avatar'), fromName);
    inside(element, '.bubble').textContent = text;
    inside(element, '.trouble button').addEventListener('click', () => {
      inside(element, '.trouble').hidden = true;
      this.#onTryAgain(id);
    });
    this.#last = speech;
    this.#byMessageId.set(id, element);
    element.dataset.id = id;
    return element;
  }

  #append(element: HTMLElement): void {
    const stay = this.#isAtEnd();
    this.#list.append(element);
    while (this.#list.childElementCount > maxEntries) {
      const oldest = this.#list.firstElementChild as HTMLElement;
      this.#byMessageId.delete(oldest.dataset.id ?? '');
      oldest.remove();
    }
    if (stay) this.toNewest();
    else this.#toNewest.hidden = false;
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    return scrollHeight - scrollTop - clientHeight < nearPixels;
  }
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

function setTime(element: HTMLTimeElement | HTMLElement, at: number): void {
  const date = new Date(at);
  element.setAttribute('datetime', date.toISOString());
  element.textContent = timeOfDay.format(date);
}
