// The chat on the page put together: the connection, the channels, and the one that is open.

import { call } from 'tidewire/client';
import type { Credential } from '../chat-contract.ts';
import { ChannelList } from './channel-list.ts';
import type { ChatClient } from './chat-client.ts';
import { Composer } from './composer.ts';
import { ConnectionStatus } from './connection-status.ts';
import { Conversation, type Me } from './conversation.ts';
import { byId } from './element.ts';
import { MessageLog } from './message-log.ts';
import { Outbox } from './outbox.ts';
import { PeopleList } from './people-list.ts';
import type { Plug } from './plug.ts';

/** The channel that one comes into. */
const firstChannel = 'general';

export class ChatPage {
  readonly #client: ChatClient;
  readonly #me: Me;
  readonly #outbox = new Outbox();
  readonly #conversations = new Map<string, Conversation>();
  readonly #title = byId('channel-title', HTMLSpanElement);
  readonly #channels = new ChannelList({
    onOpen: (name) => this.#open(name),
    onAdd: (name) => void this.#add(name),
  });
  readonly #people = new PeopleList();
  readonly #log = new MessageLog({
    onTryAgain: (id) => this.#current?.tryAgain(id),
    onEdit: ({ id, text }) => this.#composer.edit(id, text),
    onEarlier: async () => this.#current?.readEarlier(),
  });
  readonly #composer = new Composer({
    onText: (text) => this.#current?.say(text),
    onEdited: (id, text) => this.#current?.edit(id, text),
    onEditLast: () => {
      const last = this.#current?.timeline.lastOf(this.#me.subject);
      if (last !== undefined) this.#composer.edit(last.id, last.text);
    },
    onTyping: (active) => this.#current?.setTyping(active),
  });
  #current: Conversation | undefined;
  /** The channel in the page's address, until it is known that there is one. */
  #wanted: string | undefined;

  constructor(client: ChatClient, plug: Plug, { name }: Credential) {
    this.#client = client;
    this.#me = { name, subject: undefined };
    const status = new ConnectionStatus({
      onTryNow: () => client.connect(),
      onPlug(isIn) {
        if (isIn) {
          plug.putIn();
          client.connect();
        } else {
          plug.pull();
        }
        status.show(client.status);
      },
    });
    status.show(client.status);
    client.onState((told) => {
      status.show(told);
      this.#people.setStale(told.state !== 'open');
      if (told.state === 'open') this.#connected();
    });
    client.channel('channels').subscribe(({ data }) => this.#know(data.name));
    // Until the server has told of the channels, there is one to write in.
    this.#know(firstChannel);
    const wanted = decodeURIComponent(location.hash.slice(1));
    this.#open(firstChannel);
    if (wanted !== '' && wanted !== firstChannel) this.#wanted = wanted;
    addEventListener('hashchange', () => this.#open(decodeURIComponent(location.hash.slice(1))));
    this.#composer.focus();
  }

  #connected(): void {
    this.#current?.connected();
    if (this.#me.subject !== undefined) return;
    call(this.#client, 'me', {}).then(
      ({ subject }) => {
        this.#me.subject = subject;
        this.#log.setMe(subject);
        this.#people.setMe(subject);
      },
      // The connection was lost: it is asked again with the next one.
      (error) => console.warn(error),
    );
  }

  #know(name: string): void {
    if (this.#conversations.has(name)) return;
    const parts = { client: this.#client, me: this.#me, outbox: this.#outbox };
    const ifCurrent =
      <Value>(show: (value: Value) => void) =>
      (value: Value) => {
        if (this.#current?.name === name) show(value);
      };
    const conversation = new Conversation(name, parts, {
      onUnread: ({ unread }) => this.#channels.setUnread(name, unread),
      onPeople: ifCurrent((list) => this.#people.show(list)),
      onTyping: ifCurrent((names) => this.#people.showTyping(names)),
      onEarlier: ifCurrent((isThere) => this.#log.setEarlier(isThere)),
    });
    this.#conversations.set(name, conversation);
    this.#channels.add(name);
    if (name === this.#wanted) this.#open(name);
  }

  #open(name: string): void {
    const conversation = this.#conversations.get(name);
    if (conversation === undefined || conversation === this.#current) return;
    this.#wanted = undefined;
    this.#current?.close();
    this.#people.clear();
    this.#people.showTyping([]);
    this.#current = conversation;
    this.#log.show(conversation.timeline);
    conversation.open();
    this.#channels.setOpen(name);
    this.#composer.setChannel(name);
    this.#title.textContent = name;
    document.title = `#${name} · Tidewire chat`;
    history.replaceState(null, '', `#${encodeURIComponent(name)}`);
  }

  async #add(name: string): Promise<void> {
    this.#wanted = name;
    this.#open(name);
    try {
      await this.#client.channel('channels').publish({ name });
    } catch (error) {
      this.#channels.showProblem(`#${name} cannot be added: ${(error as Error).message}`);
    }
  }
}
