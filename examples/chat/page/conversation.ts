// One channel as this page knows it: what was said, who is there, who is typing, and what one says oneself.

import { type HistoryPage, history, type MemberList, presence, RequestError } from 'tidewire/client';
import type { ChatEvent, Person } from '../chat-contract.ts';
import type { ChatClient, ChatMessage } from './chat-client.ts';
import { randomToken } from './identity.ts';
import type { Outbox, Unsent } from './outbox.ts';
import { Timeline } from './timeline.ts';
import { Typists } from './typists.ts';

/** Messages that are read back at a time. */
const pageLength = 40;

export interface Me {
  readonly name: string;
  /** Under which the server knows one; until it has said so, `undefined`. */
  subject: string | undefined;
}

export interface ConversationHandler {
  /** Messages of others that came while the channel was not open. */
  onUnread(conversation: Conversation): void;
  onPeople(list: MemberList<Person>): void;
  onTyping(names: readonly string[]): void;
  onEarlier(isThere: boolean): void;
}

export class Conversation {
  readonly name: string;
  readonly timeline = new Timeline();
  unread = 0;
  hasEarlier = false;
  readonly #client: ChatClient;
  readonly #me: Me;
  readonly #outbox: Outbox;
  readonly #handler: ConversationHandler;
  readonly #typists: Typists;
  #isOpen = false;
  #hasHistory = false;
  #close: (() => void)[] = [];

  constructor(
    name: string,
    parts: { readonly client: ChatClient; readonly me: Me; readonly outbox: Outbox },
    handler: ConversationHandler,
  ) {
    this.name = name;
    this.#client = parts.client;
    this.#me = parts.me;
    this.#outbox = parts.outbox;
    this.#handler = handler;
    this.#typists = new Typists((names) => handler.onTyping(names));
    this.#messages.subscribe((message) => this.#receive(message), {
      onGap: () => {
        this.timeline.addGap();
        if (this.#hasHistory) void this.#readBack();
      },
    });
    for (const unsent of parts.outbox.in(name)) this.#begin(unsent);
  }

  get #messages() {
    return this.#client.channel(`messages:${this.name}`);
  }

  /** Is on the page from now on. */
  open(): void {
    this.#isOpen = true;
    this.unread = 0;
    this.#handler.onUnread(this);
    this.#handler.onEarlier(this.hasEarlier);
    if (!this.#hasHistory) void this.#readBack();
    const here = presence(this.#messages);
    here.enter({ name: this.#me.name }).catch((error) => console.warn(error));
    const typing = this.#client.channel(`typing:${this.name}`).subscribe(({ data, publisher }) => {
      if (publisher !== undefined && publisher !== this.#me.subject) this.#typists.set(publisher, data);
    });
    this.#close = [
      () => here.leave(),
      here.watch((list) => this.#handler.onPeople(list)),
      () => typing.close(),
      () => this.#typists.clear(),
    ];
  }

  close(): void {
    this.#isOpen = false;
    for (const close of this.#close.splice(0)) close();
  }

  /** Reads what was said before the oldest that is shown. */
  async readEarlier(): Promise<void> {
    const before = this.timeline.oldest;
    await this.#readBack(before === undefined ? {} : { before });
  }

  say(text: string): void {
    const id = randomToken();
    this.#begin({
      key: id,
      channel: this.name,
      event: { type: 'said', id, name: this.#me.name, text },
    });
  }

  edit(id: string, text: string): void {
    this.#begin({ key: randomToken(), channel: this.name, event: { type: 'edited', id, text } });
  }

  /** Sends again what has failed. */
  tryAgain(id: string): void {
    for (const unsent of this.#outbox.in(this.name)) if (unsent.event.id === id) this.#begin(unsent);
  }

  setTyping(active: boolean): void {
    void this.#client.channel(`typing:${this.name}`).publish({ name: this.#me.name, active });
  }

  #begin(unsent: Unsent): void {
    const { event } = unsent;
    if (event.type === 'edited') this.timeline.rewrite(event.id, event.text);
    else if (this.timeline.get(event.id) === undefined) this.timeline.write(event, Date.now());
    else this.timeline.setState(event.id, 'sending');
    this.#outbox.add(unsent);
    void this.#send(unsent);
  }

  /** The client itself sends again whatever may do later. */
  async #send(unsent: Unsent): Promise<void> {
    const { key, event } = unsent;
    try {
      await this.#messages.publish(event, { key });
      this.#outbox.remove(key);
      this.timeline.setState(event.id, 'sent');
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      // The page is going; the next one finds it in the outbox.
      if (error.code === 'disconnected') return;
      // Nobody knows any more whether it was appended: the key makes it safe to send it once more.
      if (error.code === 'producer_expired') return this.#send(unsent);
      this.timeline.setState(event.id, 'failed', problemOf(error));
    }
  }

  #receive(message: ChatMessage): void {
    const isNew = this.#place(message);
    if (message.publisher !== undefined) this.#typists.set(message.publisher, undefined);
    if (!isNew || this.#isOpen || message.publisher === this.#me.subject) return;
    this.unread++;
    this.#handler.onUnread(this);
  }

  /** Returns whether it was said just now, as far as this page knows. */
  #place({ data, position, publisher: subject, publishedAt = Date.now() }: ChatMessage): boolean {
    if (data.type === 'said') return this.timeline.say(data, { position, at: publishedAt, subject });
    this.timeline.edit(data.id, { text: data.text, subject, position });
    return false;
  }

  async #readBack(query: { readonly before?: ChatMessage['position'] } = {}): Promise<void> {
    this.#hasHistory = true;
    let page: HistoryPage<ChatEvent>;
    try {
      page = await history(this.#messages, { ...query, limit: pageLength });
    } catch (error) {
      // There was no connection for a while: it is read when there is one, if it is still wanted.
      console.warn(error);
      this.#hasHistory = query.before !== undefined;
      return;
    }
    for (const message of page.messages) this.#place(message);
    this.hasEarlier = page.next !== undefined;
    if (this.#isOpen) this.#handler.onEarlier(this.hasEarlier);
  }

  /** There is a connection again: reads what could not be read without one. */
  connected(): void {
    if (this.#isOpen && !this.#hasHistory) void this.#readBack();
  }
}

function problemOf({ code, message }: RequestError): string {
  return code === 'forbidden' ? 'This channel does not take it.' : message;
}
