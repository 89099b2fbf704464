// The list of who is here, and the line that tells who is typing.

import type { Person } from '../chat-message.ts';
import { byId, fromTemplate, inside, paintAvatar } from './element.ts';

export class PeopleList {
  readonly #list = byId('people-list', HTMLUListElement);
  readonly #count = byId('people-count', HTMLSpanElement);
  readonly #typing = byId('typing', HTMLParagraphElement);
  readonly #panel = byId('people', HTMLElement);
  readonly #people = new Map<number, Person>();
  #you: number | undefined;

  constructor() {
    const toggle = byId('people-toggle', HTMLButtonElement);
    const panel = this.#panel;
    const show = (open: boolean) => {
      toggle.setAttribute('aria-expanded', String(open));
      panel.classList.toggle('open', open);
    };
    toggle.addEventListener('click', () => show(toggle.getAttribute('aria-expanded') !== 'true'));
    addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && panel.classList.contains('open')) {
        show(false);
        toggle.focus();
      }
    });
    addEventListener('pointerdown', ({ target }) => {
      if (target instanceof Node && !panel.contains(target) && !toggle.contains(target)) show(false);
    });
  }

  reset(people: readonly Person[], you: number): void {
    this.#you = you;
    this.#panel.classList.remove('stale');
    this.#people.clear();
    for (const person of people) this.#people.set(person.id, person);
    this.#render();
  }

  add(person: Person): void {
    this.#people.set(person.id, person);
    this.#render();
  }

  remove(id: number): void {
    this.#people.delete(id);
    this.#render();
  }

  setTyping(id: number, typing: boolean): void {
    const person = this.#people.get(id);
    if (person === undefined || person.typing === typing) return;
    this.#people.set(id, { ...person, typing });
    this.#render();
  }

  /** While we are cut off the list shows who was here, paler, and nobody is seen typing. */
  setStale(): void {
    this.#panel.classList.add('stale');
    for (const [id, person] of this.#people) this.#people.set(id, { ...person, typing: false });
    this.#render();
  }

  #render(): void {
    const people = [...this.#people.values()].sort((a, b) => a.name.localeCompare(b.name));
    this.#count.textContent = String(people.length);
    this.#list.replaceChildren(...people.map((person) => this.#item(person)));
    this.#typing.textContent = typingText(
      people.filter(({ id, typing }) => typing && id !== this.#you).map(({ name }) => name),
    );
  }

  #item({ id, name, typing }: Person): HTMLElement {
    const item = fromTemplate('person-template');
    paintAvatar(inside(item, '.avatar'), name);
    inside(item, '.who').textContent = name;
    inside(item, '.note').textContent = id === this.#you ? 'you' : typing ? 'typing …' : '';
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
