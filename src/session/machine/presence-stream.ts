// Who is present in one channel, as one node sees it: watched once at the source, told to all watchers here.

import { type PresenceChange, PresenceMap, type PresenceMember } from '../../channel/index.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import type { SessionLimits } from '../limits.ts';
import type { MapEntry, MapPacket } from '../packet.ts';
import { EncodedPacket } from './encoded-packet.ts';
import type { PresenceSource, Watch } from './hub-port.ts';

export interface PresenceWatcher {
  readonly hasRoom: boolean;
  sendShared(packet: EncodedPacket): void;
}

export interface PresenceStreamHost {
  readonly source: PresenceSource;
  readonly limits: Pick<SessionLimits, 'maxListedMembers'>;
  readonly sampleMs: number;
  nextStreamNumber(): number;
  setTimer(afterMs: number, callback: () => void): () => void;
  onUnused(channel: string): void;
  onLimit(limit: 'maxListedMembers'): void;
}

export interface PresenceView {
  readonly s: number;
  readonly e: string;
  readonly o: number;
  readonly n: number;
  readonly full: boolean;
}

interface Told {
  /** Until it has been answered. */
  done: ((answer: PresenceView | ErrorBody) => void) | undefined;
  /** The stream number that the watcher knows. */
  s: number;
  /** `false`: it had no room, and gets a snapshot, or the rest of one, when it has. */
  isWhole: boolean;
  /** The pages of a snapshot that were not sent yet. */
  snapshot?: { readonly at: number; readonly pages: EncodedPacket[] } | undefined;
}

const membersInPacket = 100;
const membersInSample = 20;
const retryMs = 1_000;

/** Not for good: what replaced it may have been a second copy of the same packet. */
const replaced = errorBody('cancelled', 'replaced, or ended, before it began', { retry: 'now' });
const unavailable = errorBody('unavailable', 'presence cannot be read now');

export class PresenceStream {
  readonly channel: string;
  readonly #host: PresenceStreamHost;
  readonly #watchers = new Map<PresenceWatcher, Told>();
  #watch: Watch | undefined;
  #map: PresenceMap | undefined;
  #s = 0;
  #epoch = '';
  #offset = 0;
  #cancelTimer: (() => void) | undefined;
  /** The latest snapshot: a client that asks again and again must not have it made each time. */
  #made: { readonly s: number; readonly at: number; readonly packets: readonly EncodedPacket[] } | undefined;

  constructor(channel: string, host: PresenceStreamHost) {
    this.channel = channel;
    this.#host = host;
    this.#open();
  }

  /** Calls `done` once: with where presence stands when that is known, and `sendSnapshot` follows; or with why not. */
  add(watcher: PresenceWatcher, done: (answer: PresenceView | ErrorBody) => void): void {
    const told: Told = { s: 0, isWhole: false, done };
    this.#watchers.set(watcher, told);
    if (this.#map !== undefined) this.#welcome(told);
  }

  remove(watcher: PresenceWatcher, why: ErrorBody = replaced): void {
    this.#watchers.get(watcher)?.done?.(why);
    if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
    this.#watch?.close();
    this.#watch = undefined;
    this.#cancelTimer?.();
    this.#host.onUnused(this.channel);
  }

  /** The whole map at one position, in pages, as there is room for them. */
  sendSnapshot(watcher: PresenceWatcher): void {
    const told = this.#watchers.get(watcher);
    if (this.#map === undefined || told === undefined) return;
    told.snapshot = { at: this.#offset, pages: [...this.#snapshot(this.#map, told.s)] };
    told.s = this.#s;
    told.isWhole = false;
    this.#sendPages(watcher, told);
  }

  #sendPages(watcher: PresenceWatcher, told: Told): void {
    const { snapshot } = told;
    if (snapshot === undefined) return this.sendSnapshot(watcher);
    for (let page = snapshot.pages[0]; page !== undefined; page = snapshot.pages[0]) {
      if (!watcher.hasRoom) return;
      snapshot.pages.shift();
      watcher.sendShared(page);
    }
    told.snapshot = undefined;
    // What has changed on the way is told by another one.
    if (snapshot.at === this.#offset && told.s === this.#s) told.isWhole = true;
    else this.sendSnapshot(watcher);
  }

  /** The watcher has room again. */
  resume(watcher: PresenceWatcher): void {
    const told = this.#watchers.get(watcher);
    if (told !== undefined && told.s > 0 && !told.isWhole) this.#sendPages(watcher, told);
  }

  /** What `pong` tells a watcher: the stream number, and up to where it was told (0: not every change is told). */
  pongEntry(watcher: PresenceWatcher): readonly [s: number, o: number] {
    const { s, isWhole } = this.#watchers.get(watcher) ?? { s: 0, isWhole: false };
    return [s, isWhole && this.#isListed ? this.#offset : 0];
  }

  get #isListed(): boolean {
    return (this.#map?.count ?? 0) <= this.#host.limits.maxListedMembers;
  }

  #view(): PresenceView {
    const n = this.#map!.count;
    return { s: this.#s, e: this.#epoch, o: this.#offset, n, full: this.#isListed };
  }

  #open(): void {
    const watch = this.#host.source.watch(this.channel, {
      onSnapshot: (members, position) => {
        if (this.#watch === watch) this.#begin(members, position);
      },
      onChange: (change) => {
        if (this.#watch === watch) this.#change(change);
      },
      onLost: () => {
        if (this.#watch !== watch) return;
        this.#watch = undefined;
        this.#cancelTimer?.();
        this.#cancelTimer = this.#host.setTimer(retryMs, () => this.#open());
        // Who watches goes on when it can; who waits for an answer is told, and may ask again.
        for (const [watcher, { done }] of this.#watchers)
          if (done !== undefined) this.remove(watcher, unavailable);
      },
    });
    this.#watch = watch;
  }

  #begin(
    members: readonly PresenceMember[],
    position: { readonly epoch: string; readonly offset: number },
  ): void {
    // The number names one epoch: what is left of another cannot be taken for this one.
    if (this.#epoch !== position.epoch) this.#s = this.#host.nextStreamNumber();
    this.#map = new PresenceMap();
    for (const member of members) this.#map.put(member);
    this.#epoch = position.epoch;
    this.#offset = position.offset;
    if (!this.#isListed) this.#host.onLimit('maxListedMembers');
    // Who watched already gets the new map; who waited is answered first, and then asks for it.
    this.#tellAll();
    for (const told of this.#watchers.values()) this.#welcome(told);
    this.#sampleLater();
  }

  #welcome(told: Told): void {
    const { done } = told;
    if (done === undefined) return;
    told.done = undefined;
    told.s = this.#s;
    done(this.#view());
  }

  #change(change: PresenceChange): void {
    const map = this.#map!;
    if (change.offset <= this.#offset) return;
    this.#made = undefined;
    const wasListed = this.#isListed;
    map.apply(change);
    this.#offset = change.offset;
    if (!this.#isListed) {
      if (!wasListed) return;
      this.#host.onLimit('maxListedMembers');
      return this.#tellAll();
    }
    if (!wasListed) return this.#tellAll();
    const packet = new EncodedPacket<MapPacket>({
      t: 'map',
      s: this.#s,
      o: change.offset,
      ...(change.type === 'put' ? { put: [mapEntry(change.member)] } : { rm: [change.leave.key] }),
      n: map.count,
    });
    for (const [watcher, told] of this.#watchers) {
      if (!told.isWhole) continue;
      if (watcher.hasRoom) watcher.sendShared(packet);
      else told.isWhole = false;
    }
  }

  #tellAll(): void {
    for (const [watcher, { isWhole }] of this.#watchers) if (isWhole) this.sendSnapshot(watcher);
  }

  /** Above the limit nobody is told of each change: all get the count and a sample from time to time. */
  #sampleLater(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#host.setTimer(this.#host.sampleMs, () => {
      this.#made = undefined;
      if (!this.#isListed) this.#tellAll();
      this.#sampleLater();
    });
  }

  /** For those who know the stream by the number `known`. The same for all who ask before anything changes. */
  #snapshot(map: PresenceMap, known: number): readonly EncodedPacket[] {
    const made = this.#made;
    if (made !== undefined && made.at === this.#offset && made.s === this.#s && known === this.#s)
      return made.packets;
    const packets = this.#pages(map, known);
    this.#made = known === this.#s ? { s: known, at: this.#offset, packets } : undefined;
    return packets;
  }

  #pages(map: PresenceMap, known: number): readonly EncodedPacket[] {
    const members = map.members();
    const listed = this.#isListed ? members : members.slice(0, membersInSample);
    const packets: EncodedPacket[] = [];
    for (let start = 0; start === 0 || start < listed.length; start += membersInPacket) {
      const end = start + membersInPacket;
      packets.push(
        new EncodedPacket<MapPacket>({
          t: 'map',
          s: known,
          ...(known !== this.#s && { to: this.#s }),
          o: this.#offset,
          put: listed.slice(start, end).map(mapEntry),
          snap: 1,
          ...(end < listed.length && { more: 1 as const }),
          n: map.count,
        }),
      );
    }
    return packets;
  }
}

function mapEntry({ key, clock, data, away }: PresenceMember): MapEntry {
  return away === true ? [key, clock, data, 1] : [key, clock, data];
}
