// The conversation: who is here, what was said, and what each message of a page leads to. It knows no socket.

import { TokenBucket } from 'tidewire/websocket';
import {
  type ClientMessage,
  type Person,
  parseClientMessage,
  Refusal,
  type Said,
  type ServerMessage,
} from './chat-message.ts';

export const conversationLimits = Object.freeze({
  maxPeople: 200,
  /** Messages that a newcomer is shown. */
  maxHistory: 50,
  /** Messages of one page: the longest burst, and the steady rate after it. */
  burst: 20,
  perSecond: 4,
  /** Refused messages in a row after which a page is sent away. */
  maxRefusals: 20,
});

/** Close codes of the chat, for reasons that a new connection does not mend. */
export const ChatCloseCode = Object.freeze({
  /** The same page joined again over a newer connection. */
  Replaced: 4001,
  /** Too many messages in a row were refused. */
  SentAway: 4008,
  /** The page did not say its name in time. */
  JoinTimeout: 4010,
} as const);

/** Whoever carries the messages; a `Visitor` is its own handle of one page, such as a connection. */
export interface ConversationOutput<Visitor> {
  deliver(recipients: Iterable<Visitor>, message: ServerMessage): void;
  dismiss(visitor: Visitor, code: number, reason: string): void;
  /** A monotonic clock, in milliseconds. */
  now(): number;
  /** The date, in milliseconds since 1970: it is shown and never compared. */
  date(): number;
}

interface Member {
  readonly id: number;
  readonly name: string;
  readonly key: string;
  typing: boolean;
}

interface Guest {
  member: Member | undefined;
  readonly bucket: TokenBucket;
  refusals: number;
}

export class Conversation<Visitor> {
  readonly #output: ConversationOutput<Visitor>;
  readonly #guests = new Map<Visitor, Guest>();
  readonly #visitors = new Map<Member, Visitor>();
  readonly #history: { readonly key: string; readonly said: Said }[] = [];
  #lastId = 0;

  constructor(output: ConversationOutput<Visitor>) {
    this.#output = output;
  }

  /** Everyone who joined. */
  get people(): Person[] {
    return [...this.#visitors.keys()].map(describe);
  }

  /** Whether this page has joined. */
  has(visitor: Visitor): boolean {
    return this.#guests.get(visitor)?.member !== undefined;
  }

  /** A page connected. */
  enter(visitor: Visitor): void {
    const bucket = new TokenBucket(conversationLimits, this.#output.now());
    this.#guests.set(visitor, { member: undefined, bucket, refusals: 0 });
  }

  /** The connection of a page ended. */
  leave(visitor: Visitor): void {
    const member = this.#guests.get(visitor)?.member;
    this.#guests.delete(visitor);
    if (member !== undefined) this.#remove(member);
  }

  /** A page sent a text message. */
  receive(visitor: Visitor, json: string): void {
    const guest = this.#guests.get(visitor);
    if (guest === undefined) return;
    try {
      const message = parseClientMessage(json);
      if (!guest.bucket.take(this.#output.now())) {
        throw new Refusal('TOO_FAST', 'Slow down a little.', message.type === 'say' ? message.id : undefined);
      }
      this.#accept(visitor, guest, message);
      guest.refusals = 0;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(visitor, guest, error);
    }
  }

  #accept(visitor: Visitor, guest: Guest, message: ClientMessage): void {
    if (message.type === 'join') {
      this.#join(visitor, guest, message);
      return;
    }
    const { member } = guest;
    if (member === undefined) throw new Refusal('JOIN_FIRST', 'Say your name first.');
    switch (message.type) {
      case 'say':
        this.#say(visitor, member, message);
        return;
      case 'typing':
        if (member.typing === message.active) return;
        member.typing = message.active;
        this.#tellOthers(member, { type: 'typing', id: member.id, active: message.active });
        return;
      default:
        message satisfies never;
    }
  }

  #join(visitor: Visitor, guest: Guest, { name, key }: ClientMessage & { type: 'join' }): void {
    if (guest.member !== undefined) throw new Refusal('JOINED_ALREADY', 'You are here already.');
    const folded = fold(name);
    const namesake = [...this.#visitors.keys()].find((other) => fold(other.name) === folded);
    if (namesake !== undefined && namesake.key !== key) {
      throw new Refusal('NAME_TAKEN', `“${name}” is here already. Choose another name.`);
    }
    if (namesake !== undefined) {
      this.#takeOver(visitor, guest, namesake);
      return;
    }
    if (this.#visitors.size >= conversationLimits.maxPeople) {
      throw new Refusal('FULL', 'Too many people are here. Try again later.');
    }
    const member: Member = { id: ++this.#lastId, name, key, typing: false };
    guest.member = member;
    this.#visitors.set(member, visitor);
    this.#welcome(visitor, member);
    this.#tellOthers(member, { type: 'joined', person: describe(member), at: this.#output.date() });
  }

  /** The page came back before its old connection was known to be lost: nobody left, nobody joined. */
  #takeOver(visitor: Visitor, guest: Guest, member: Member): void {
    const before = this.#visitors.get(member)!;
    guest.member = member;
    this.#visitors.set(member, visitor);
    // It took its member along: when the old connection ends, nobody leaves.
    this.#guests.delete(before);
    this.#output.dismiss(before, ChatCloseCode.Replaced, 'joined again over a newer connection');
    this.#welcome(visitor, member);
  }

  #welcome(visitor: Visitor, member: Member): void {
    const history = this.#history.map(({ said }) => said);
    this.#output.deliver([visitor], { type: 'welcome', you: member.id, people: this.people, history });
  }

  #say(visitor: Visitor, member: Member, { id, text }: ClientMessage & { type: 'say' }): void {
    const earlier = this.#history.find(({ key, said }) => key === member.key && said.id === id);
    if (earlier !== undefined) {
      // Sent again by a page that never heard whether the first one came through.
      this.#output.deliver([visitor], earlier.said);
      return;
    }
    const from = { id: member.id, name: member.name };
    const said: Said = { type: 'said', id, from, text, at: this.#output.date() };
    this.#history.push({ key: member.key, said });
    if (this.#history.length > conversationLimits.maxHistory) this.#history.shift();
    member.typing = false;
    this.#output.deliver(this.#visitors.values(), said);
  }

  #remove(member: Member): void {
    this.#visitors.delete(member);
    member.typing = false;
    this.#tellOthers(member, { type: 'left', person: describe(member), at: this.#output.date() });
  }

  #refuse(visitor: Visitor, guest: Guest, { code, message: reason, id }: Refusal): void {
    guest.refusals += 1;
    if (guest.refusals > conversationLimits.maxRefusals) {
      this.leave(visitor);
      this.#output.dismiss(visitor, ChatCloseCode.SentAway, 'too many messages were refused');
      return;
    }
    this.#output.deliver([visitor], { type: 'refused', code, reason, ...(id !== undefined && { id }) });
  }

  #tellOthers(member: Member, message: ServerMessage): void {
    const others: Visitor[] = [];
    for (const [other, visitor] of this.#visitors) if (other !== member) others.push(visitor);
    if (others.length > 0) this.#output.deliver(others, message);
  }
}

function describe({ id, name, typing }: Member): Person {
  return { id, name, typing };
}

/** Two names with the same folded form look the same to most people. */
function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
