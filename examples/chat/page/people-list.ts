// The list of who is here, and the line that tells who is typing.

import type { MemberList } from 'tidewire/client';
import type { Person } from '../chat-contract.ts';
import { byId, fromTemplate, inside, paintAvatar } from './element.ts';
import { Popover } from './popover.ts';

interface Someone {
  readonly subject: string;
  readonly name: string;
  readonly isAway: boolean;
}

export class PeopleList {
  readonly #list = byId('people-list', HTMLUListElement);
  readonly #count = byId('people-count', HTMLSpanElement);
  readonly #typing = byId('typing', HTMLParagraphElement);
  readonly #panel = byId('people', HTMLElement);

  #members: MemberList<Person>['members'] = [];
  #mySubject: string | undefined;

  constructor() {
    new Popover(byId('people-toggle', HTMLButtonElement), this.#panel);
  }

  /** Who one is has become known. */
  setMe(subject: string): void {
    this.#mySubject = subject;
    this.#render();
  }

  show({ members }: MemberList<Person>): void {
    this.#members = members;
    this.#render();
  }

  clear(): void {
    this.#members = [];
    this.#render();
  }

  showTyping(names: readonly string[]): void {
    this.#typing.textContent = typingText(names);
  }

  /** While we are cut off the list shows who was here, paler. */
  setStale(isStale: boolean): void {
    this.#panel.classList.toggle('stale', isStale);
  }

  /** Somebody with several pages open is one person, and away when all of them are. */
  #render(): void {
    const people = new Map<string, Someone>();
    for (const { subject, data, isAway } of this.#members) {
      const other = people.get(subject);
      people.set(subject, { subject, name: data.name, isAway: isAway && other?.isAway !== false });
    }
    const sorted = [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
    this.#count.textContent = String(sorted.length);
    this.#list.replaceChildren(...sorted.map((person) => this.#item(person)));
  }

  #item({ subject, name, isAway }: Someone): HTMLElement {
    const item = fromTemplate('person-template');
    paintAvatar(inside(item, '.avatar'), name, subject);
    inside(item, '.who').textContent = name;
    inside(item, '.note').textContent = subject === this.#mySubject ? 'you' : isAway ? 'away' : '';
    item.classList.toggle('away', isAway);
    return item;
  }
}

function typingText(names: readonly string[]): string {
  switch (names.length) {
    case 0:
      return '';
    case 1:
      return `${names[0]} is typing`;
    case 2:
      return `${names[0]} and ${names[1]} are typing`;
    default:
      return `${names.length} people are typing`;
  }
}
