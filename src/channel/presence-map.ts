// Who is present in a channel: a keyed map in which the higher clock wins, whatever the order of arrival.

import type { PlainData } from './publication.ts';

export const maxPresenceKeyLength = 128;

/**
 * The highest clock that a client may give. Above it is room for what servers do on its behalf: a clock that cannot grow
 * any more would be one of a member that never leaves.
 */
export const maxPresenceClock = 2 ** 52;

export interface PresenceMember {
  /** `subject/connection`, written by the server; 1–128 characters. */
  readonly key: string;
  /** Grows with every change that the member's own connection makes; a whole number from 1. */
  readonly clock: number;
  readonly data: PlainData;
  /** The connection broke and has not come back yet. */
  readonly away?: true;
}

export interface PresenceLeave {
  readonly key: string;
  /** The member's own: its next clock. Made by the server, for a member it lost: the clock it last knew, plus 1. */
  readonly clock: number;
  readonly isServerMade: boolean;
}

export type PresenceChange =
  | { readonly type: 'put'; readonly offset: number; readonly member: PresenceMember }
  | { readonly type: 'leave'; readonly offset: number; readonly leave: PresenceLeave };

/** The latest that is known of a key. A key that left is remembered for a while, so that older news do not revive it. */
interface Latest {
  readonly clock: number;
  readonly isServerMade: boolean;
  /** `undefined`: it left. */
  readonly member: PresenceMember | undefined;
}

/**
 * Whether news take effect over what is known of the same key. The higher clock wins. Of two with the same clock the
 * first stays, but for a leave that the server made up: a member that came back under the same clock was not lost.
 */
export function supersedesPresence(
  news: { readonly clock: number; readonly isServerMade?: boolean },
  known: { readonly clock: number; readonly isServerMade?: boolean },
): boolean {
  if (news.clock !== known.clock) return news.clock > known.clock;
  return known.isServerMade === true && news.isServerMade !== true;
}

export class PresenceMap {
  readonly #latest = new Map<string, Latest>();
  readonly #left = new Set<string>();
  readonly #maxLeft: number;
  #count = 0;

  /** `maxLeft`: how many keys that left are remembered; the longest gone is forgotten first. */
  constructor(maxLeft = 1_000) {
    this.#maxLeft = maxLeft;
  }

  /** Members present, away ones included. */
  get count(): number {
    return this.#count;
  }

  get(key: string): PresenceMember | undefined {
    return this.#latest.get(key)?.member;
  }

  /** The members, in the order of their keys by code unit. */
  members(): PresenceMember[] {
    const members: PresenceMember[] = [];
    for (const { member } of this.#latest.values()) if (member !== undefined) members.push(member);
    return members.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** Returns whether it took effect. */
  put(member: PresenceMember): boolean {
    return this.#set(member.key, { clock: member.clock, isServerMade: false, member });
  }

  /** Returns whether it took effect. A leave of a key that is not present is remembered all the same. */
  leave({ key, clock, isServerMade }: PresenceLeave): boolean {
    return this.#set(key, { clock, isServerMade, member: undefined });
  }

  apply(change: PresenceChange): boolean {
    return change.type === 'put' ? this.put(change.member) : this.leave(change.leave);
  }

  #set(key: string, news: Latest): boolean {
    const known = this.#latest.get(key);
    if (known !== undefined && !supersedesPresence(news, known)) return false;
    this.#latest.set(key, news);
    this.#count += Number(news.member !== undefined) - Number(known?.member !== undefined);
    this.#left.delete(key);
    if (news.member === undefined) this.#remember(key);
    return true;
  }

  #remember(key: string): void {
    this.#left.add(key);
    if (this.#left.size <= this.#maxLeft) return;
    const [longestGone] = this.#left;
    this.#left.delete(longestGone!);
    this.#latest.delete(longestGone!);
  }
}
