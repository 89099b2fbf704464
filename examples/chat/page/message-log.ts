// The log of messages: shows a timeline, groups by speaker, and stays at the newest unless one scrolled up to read.

import { byId, fromTemplate, inside, paintAvatar } from './element.ts';
import type { Entry, Item, Timeline, TimelineView } from './timeline.ts';

/** A message follows the last one without a new head when the same person said it within this time. */
const groupMs = 3 * 60_000;

/** How far from its end the log may be scrolled and still count as being there, in CSS pixels. */
const nearPixels = 48;

export interface MessageLogHandler {
  /** A refused message is to be sent again. */
  onTryAgain(id: string): void;
  onEdit(entry: Entry): void;
  onEarlier(): Promise<void>;
}

export class MessageLog implements TimelineView {
  readonly #log = byId('log', HTMLDivElement);
  readonly #list = byId('messages', HTMLOListElement);
  readonly #toNewest = byId('to-newest', HTMLButtonElement);
  readonly #earlier = byId('earlier', HTMLButtonElement);
  readonly #empty = byId('empty', HTMLParagraphElement);
  readonly #elements = new Map<Item, HTMLElement>();
  readonly #handler: MessageLogHandler;
  #timeline: Timeline | undefined;
  #mySubject: string | undefined;
  #isRegroupingDue = false;
  /** One reads at the end, and what comes there is to be seen at once. */
  #isFollowing = true;

  constructor(handler: MessageLogHandler) {
    this.#handler = handler;
    this.#toNewest.addEventListener('click', () => {
      this.toNewest();
      this.#log.focus();
    });
    this.#earlier.addEventListener('click', () => void this.#showEarlier());
    this.#log.addEventListener('scroll', () => {
      this.#isFollowing = this.#isAtEnd();
      if (this.#isFollowing) this.#toNewest.hidden = true;
    });
    // A keyboard that slides in, or a composer that grows, must not hide the newest message.
    new ResizeObserver(() => {
      if (this.#isFollowing) this.toNewest();
    }).observe(this.#log);
  }

  /** Shows this timeline in place of the one before. */
  show(timeline: Timeline): void {
    if (this.#timeline !== undefined) this.#timeline.view = undefined;
    this.#timeline = timeline;
    this.#elements.clear();
    this.#list.replaceChildren();
    for (const item of timeline.items) this.place(item, undefined);
    timeline.view = this;
    this.#regroup();
    this.toNewest();
  }

  /** Who one is has become known. */
  setMe(subject: string): void {
    this.#mySubject = subject;
    this.#regroupSoon();
  }

  setEarlier(isThere: boolean): void {
    this.#earlier.hidden = !isThere;
    this.#regroupSoon();
  }

  place(item: Item, next: Item | undefined): void {
    let element = this.#elements.get(item);
    if (element === undefined) {
      element = item.type === 'gap' ? this.#gap() : this.#message(item);
      this.#elements.set(item, element);
    }
    this.#list.insertBefore(element, (next && this.#elements.get(next)) ?? null);
    if (item.type === 'entry') this.update(item);
    this.#regroupSoon();
    const isOwn = item.type === 'entry' && item.position === undefined;
    if (this.#isFollowing || isOwn) this.toNewest();
    else if (next === undefined) this.#toNewest.hidden = false;
  }

  update(entry: Entry): void {
    const element = this.#elements.get(entry);
    if (element === undefined) return;
    const bubble = inside(element, '.text');
    if (bubble.textContent !== entry.text) bubble.textContent = entry.text;
    setTime(inside(element, 'time'), entry.at);
    inside(element, '.edited').hidden = !entry.isEdited;
    element.dataset.state = entry.state;
    inside(element, '.state .visually-hidden').textContent = stateWords[entry.state];
    const trouble = inside(element, '.trouble');
    trouble.hidden = entry.state !== 'failed';
    inside(trouble, 'span').textContent = entry.problem ?? '';
    if (this.#isFollowing) this.toNewest();
  }

  toNewest(): void {
    this.#isFollowing = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#toNewest.hidden = true;
  }

  #gap(): HTMLElement {
    const element = fromTemplate('notice-template');
    element.classList.add('gap');
    inside(element, 'span').textContent = 'Some messages are missing here';
    return element;
  }

  #message(entry: Entry): HTMLElement {
    const element = fromTemplate('message-template');
    element.dataset.id = entry.id;
    inside(element, '.trouble button').addEventListener('click', () => this.#handler.onTryAgain(entry.id));
    inside(element, '.edit').addEventListener('click', () => this.#handler.onEdit(entry));
    return element;
  }

  /** Many items may come at once: they are grouped together, before they are painted. */
  #regroupSoon(): void {
    if (this.#isRegroupingDue) return;
    this.#isRegroupingDue = true;
    queueMicrotask(() => {
      this.#isRegroupingDue = false;
      this.#regroup();
    });
  }

  #regroup(): void {
    let last: Entry | undefined;
    let day = '';
    for (const item of this.#timeline?.items ?? []) {
      const element = this.#elements.get(item)!;
      if (item.type === 'gap') {
        last = undefined;
        continue;
      }
      const isMine = item.subject === undefined || item.subject === this.#mySubject;
      const itsDay = dayOf.format(item.at);
      const isSameSpeaker = last !== undefined && this.#speaker(last) === this.#speaker(item);
      const follows =
        isSameSpeaker && itsDay === day && item.at - (last?.at ?? 0) < groupMs && last?.state !== 'failed';
      element.classList.toggle('follows', follows);
      element.classList.toggle('mine', isMine);
      element.dataset.day = itsDay === day ? '' : itsDay;
      inside(element, '.name').textContent = isMine ? 'You' : item.name;
      paintAvatar(inside(element, '.avatar'), item.name, this.#speaker(item));
      inside(element, '.edit').hidden = !isMine || item.position === undefined;
      last = item;
      day = itsDay;
    }
    if (this.#isFollowing) this.toNewest();
    this.#empty.hidden = this.#list.childElementCount > 0 || !this.#earlier.hidden;
  }

  #speaker({ subject, name }: Entry): string {
    return subject ?? this.#mySubject ?? name;
  }

  /** What is read stays where it is while the earlier messages come above it. */
  async #showEarlier(): Promise<void> {
    this.#earlier.disabled = true;
    this.#isFollowing = false;
    const { scrollHeight, scrollTop } = this.#log;
    await this.#handler.onEarlier();
    this.#regroup();
    this.#toNewest.hidden = true;
    this.#log.scrollTop = scrollTop + this.#log.scrollHeight - scrollHeight;
    this.#earlier.disabled = false;
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    return scrollHeight - scrollTop - clientHeight < nearPixels;
  }
}

const stateWords = { sending: 'Sending', sent: 'Sent', failed: 'Not sent' } as const;
const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayOf = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

function setTime(element: HTMLElement, at: number): void {
  const date = new Date(at);
  element.setAttribute('datetime', date.toISOString());
  element.textContent = timeOfDay.format(date);
}
