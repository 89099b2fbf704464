// What was said in one channel, in its order: of what is read back, what arrives, and what one writes oneself.

import type { Position, Said } from './chat-client.ts';

export type EntryState = 'sending' | 'sent' | 'failed';

export interface Entry {
  readonly type: 'entry';
  readonly id: string;
  readonly name: string;
  /** Who said it, as the server knows them; one's own, not yet sent: `undefined`. */
  subject: string | undefined;
  text: string;
  at: number;
  isEdited: boolean;
  state: EntryState;
  /** Why it failed. */
  problem: string | undefined;
  /** Absent until it has its place in the channel. */
  position: Position | undefined;
}

/** Here something is missing. */
export interface Gap {
  readonly type: 'gap';
}

export type Item = Entry | Gap;

export interface TimelineView {
  /** Shows an item for the first time, or at a new place: before `next`, or at the end. */
  place(item: Item, next: Item | undefined): void;
  update(entry: Entry): void;
}

interface Edit {
  readonly text: string;
  readonly subject: string | undefined;
  readonly position: Position;
}

export class Timeline {
  readonly items: Item[] = [];
  view: TimelineView | undefined;
  readonly #entries = new Map<string, Entry>();
  /** The last edit of each message, also of those that are not here yet. */
  readonly #edits = new Map<string, Edit>();

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** The oldest that has a place: what is before it can be read back. */
  get oldest(): Position | undefined {
    return this.items.find((item): item is Entry => item.type === 'entry' && item.position !== undefined)
      ?.position;
  }

  /** The last message of this person that has its place. */
  lastOf(subject: string | undefined): Entry | undefined {
    return this.items.findLast(
      (item): item is Entry =>
        item.type === 'entry' && item.subject === subject && item.position !== undefined,
    );
  }

  /** Shows one's own message before the server has it. */
  write({ id, name, text }: Said, at: number): void {
    const entry: Entry = {
      type: 'entry',
      id,
      name,
      text,
      at,
      subject: undefined,
      isEdited: false,
      state: 'sending',
      problem: undefined,
      position: undefined,
    };
    this.#entries.set(id, entry);
    this.#insert(entry, this.items.length);
  }

  /** Something was said. Returns whether it is new here. */
  say(said: Said, place: { position: Position; at: number; subject: string | undefined }): boolean {
    const { position, at, subject } = place;
    const known = this.#entries.get(said.id);
    // Nobody takes the place of another's message by giving the same id.
    if (known?.position !== undefined && known.subject !== subject) return false;
    if (known?.position !== undefined) {
      known.position = position;
      return false;
    }
    const entry: Entry = known ?? {
      type: 'entry',
      id: said.id,
      name: said.name,
      text: said.text,
      at,
      subject,
      isEdited: false,
      state: 'sent',
      problem: undefined,
      position,
    };
    if (known !== undefined) this.items.splice(this.items.indexOf(known), 1);
    Object.assign(entry, { position, at, subject, state: 'sent', problem: undefined });
    const edit = this.#edits.get(said.id);
    if (edit !== undefined && edit.subject === subject) {
      Object.assign(entry, { text: edit.text, isEdited: true });
    }
    this.#entries.set(said.id, entry);
    this.#insert(entry, this.#indexFor(position));
    return known === undefined;
  }

  /** A message was given another text. It counts only from who said it. */
  edit(id: string, edit: Edit): void {
    const before = this.#edits.get(id);
    const isOlder =
      before?.position.epoch === edit.position.epoch && before.position.offset > edit.position.offset;
    if (isOlder) return;
    this.#edits.set(id, edit);
    const entry = this.#entries.get(id);
    if (entry?.position === undefined || entry.subject !== edit.subject) return;
    Object.assign(entry, { text: edit.text, isEdited: true, state: 'sent', problem: undefined });
    this.view?.update(entry);
  }

  /** Shows one's own edit before the server has it. */
  rewrite(id: string, text: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    Object.assign(entry, { text, isEdited: true, state: 'sending', problem: undefined });
    this.view?.update(entry);
  }

  setState(id: string, state: EntryState, problem?: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    Object.assign(entry, { state, problem });
    this.view?.update(entry);
  }

  addGap(): void {
    const last = this.items.findLast((item) => item.type === 'gap' || item.position !== undefined);
    if (last === undefined || last.type === 'gap') return;
    this.#insert({ type: 'gap' }, this.#firstUnplaced());
  }

  #insert(item: Item, index: number): void {
    this.items.splice(index, 0, item);
    this.view?.place(item, this.items[index + 1]);
  }

  /** Offsets are compared within an epoch; what is of another one comes behind what is there. */
  #indexFor({ epoch, offset }: Position): number {
    const at = (item: Item) =>
      item.type === 'entry' && item.position?.epoch === epoch ? item.position.offset : undefined;
    const before = this.items.findLastIndex((item) => (at(item) ?? Number.POSITIVE_INFINITY) < offset);
    if (before >= 0) return before + 1;
    const behind = this.items.findIndex((item) => (at(item) ?? -1) > offset);
    return behind >= 0 ? behind : this.#firstUnplaced();
  }

  /** One's own unsent messages are always the last. */
  #firstUnplaced(): number {
    const index = this.items.findIndex((item) => item.type === 'entry' && item.position === undefined);
    return index < 0 ? this.items.length : index;
  }
}
