// Who is present in one channel, as one node sees it: watched once at the source, told to all watchers here.

import { type PresenceChange, PresenceMap, type PresenceMember } from '../../channel/index.ts';
import type { MapEntry, MapPacket } from '../packet.ts';
import { EncodedPacket } from './encoded-packet.ts';
import type { PresenceSource, Watch } from './hub-port.ts';

export interface PresenceWatcher {
  readonly hasRoom: boolean;
  sendShared(packet: EncodedPacket): void;
}

export interface PresenceStreamHost {
  readonly source: PresenceSource;
  readonly maxListed: number;
  readonly sampleMs: number;
  nextStreamNumber(): number;
  setTimer(afterMs: number, callback: () => void): () => void;
  onUnused(channel: string): void;
}

export interface PresenceView {
  readonly s: number;
  readonly e: string;
  readonly o: number;
  readonly n: number;
  readonly full: boolean;
}

const membersInPacket = 100;
const membersInSample = 20;
const retryMs = 1_000;

export class PresenceStream {
  readonly channel: string;
  readonly #host: PresenceStreamHost;
  /** Whether a watcher has been told everything; `false`: it had no room, and gets a snapshot when it has. */
  readonly #watchers = new Map<PresenceWatcher, boolean>();
  #waiting: (() => void)[] = [];
  #watch: Watch | undefined;
  #map: PresenceMap | undefined;
  #s = 0;
  #epoch = '';
  #offset = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(channel: string, host: PresenceStreamHost) {
    this.channel = channel;
    this.#host = host;
    this.#open();
  }

  /** Calls back with where presence stands once that is known; `sendSnapshot` follows. */
  add(watcher: PresenceWatcher, done: (view: PresenceView) => void): void {
    this.#watchers.set(watcher, false);
    const ready = (): void => {
      if (this.#watchers.has(watcher)) done(this.#view());
    };
    if (this.#map === undefined) this.#waiting.push(ready);
    else ready();
  }

  remove(watcher: PresenceWatcher): void {
    if (!this.#watchers.delete(watcher) || this.#watchers.size > 0) return;
    this.#watch?.close();
    this.#watch = undefined;
    this.#cancelTimer?.();
    this.#host.onUnused(this.channel);
  }

  /** The whole map at one position, in pages. */
  sendSnapshot(watcher: PresenceWatcher): void {
    if (this.#map === undefined || !this.#watchers.has(watcher)) return;
    for (const packet of this.#snapshot(this.#map)) watcher.sendShared(packet);
    this.#watchers.set(watcher, true);
  }

  /** The watcher has room again. */
  resume(watcher: PresenceWatcher): void {
    if (this.#watchers.get(watcher) === false) this.sendSnapshot(watcher);
  }

  /** What `pong` tells a watcher: the stream number, and up to where it was told (0: not every change is told). */
  pongEntry(watcher: PresenceWatcher): readonly [s: number, o: number] {
    const isTold = this.#isListed && this.#watchers.get(watcher) === true;
    return [this.#s, isTold ? this.#offset : 0];
  }

  get #isListed(): boolean {
    return (this.#map?.count ?? 0) <= this.#host.maxListed;
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
      },
    });
    this.#watch = watch;
  }

  #begin(
    members: readonly PresenceMember[],
    position: { readonly epoch: string; readonly offset: number },
  ): void {
    if (this.#s === 0) this.#s = this.#host.nextStreamNumber();
    this.#map = new PresenceMap();
    for (const member of members) this.#map.put(member);
    this.#epoch = position.epoch;
    this.#offset = position.offset;
    const waiting = this.#waiting;
    this.#waiting = [];
    // Who watched already gets the new map; who waited is answered first, and then asks for it.
    for (const [watcher, isTold] of this.#watchers) if (isTold) this.sendSnapshot(watcher);
    for (const ready of waiting) ready();
    this.#sampleLater();
  }

  #change(change: PresenceChange): void {
    const map = this.#map!;
    if (change.offset <= this.#offset) return;
    const wasListed = this.#isListed;
    map.apply(change);
    this.#offset = change.offset;
    if (!this.#isListed) return wasListed ? this.#tellAll() : undefined;
    if (!wasListed) return this.#tellAll();
    const packet = new EncodedPacket<MapPacket>({
      t: 'map',
      s: this.#s,
      o: change.offset,
      ...(change.type === 'put' ? { put: [mapEntry(change.member)] } : { rm: [change.leave.key] }),
      n: map.count,
    });
    for (const [watcher, isTold] of this.#watchers) {
      if (!isTold) continue;
      if (watcher.hasRoom) watcher.sendShared(packet);
      else this.#watchers.set(watcher, false);
    }
  }

  #tellAll(): void {
    for (const [watcher, isTold] of this.#watchers) if (isTold) this.sendSnapshot(watcher);
  }

  /** Above the limit nobody is told of each change: all get the count and a sample from time to time. */
  #sampleLater(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#host.setTimer(this.#host.sampleMs, () => {
      if (!this.#isListed) this.#tellAll();
      this.#sampleLater();
    });
  }

  #snapshot(map: PresenceMap): EncodedPacket[] {
    const members = map.members();
    const listed = this.#isListed ? members : members.slice(0, membersInSample);
    const packets: EncodedPacket[] = [];
    for (let start = 0; start === 0 || start < listed.length; start += membersInPacket) {
      const end = start + membersInPacket;
      packets.push(
        new EncodedPacket<MapPacket>({
          t: 'map',
          s: this.#s,
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
