// The client's presence: where it is present, with its clock, and whom it sees elsewhere.

import { type PlainData, PresenceMap, type PresenceMember } from '../../channel/index.ts';
import type { ErrorBody } from '../error-code.ts';
import type { MapEntry, MapPacket, ReplyPacket } from '../packet.ts';
import { isWatchAnswer } from '../server-packet-shape.ts';
import type { ClientPart, PartMachine } from './client-part.ts';

export interface PresenceHandler {
  /** The members changed. `count` may be more than are listed. */
  onMembers(members: readonly PresenceMember[], count: number): void;
  onRefused(error: ErrorBody): void;
}

/** Room between two changes of a client, for what servers do on its behalf. */
const clockStep = 1_024;
const retryMs = 1_000;

interface Entered {
  readonly data: PlainData;
  /** Called whenever the server has accepted it, and with an error when it never will. */
  done(error?: ErrorBody): void;
}

interface Watched {
  readonly handler: PresenceHandler;
  s: number | undefined;
  map: PresenceMap;
  offset: number;
  /** A snapshot is coming in: nothing is told until its last page. */
  isPartial: boolean;
}

export class ClientPresence implements ClientPart {
  readonly #machine: PartMachine;
  readonly #maxMembers: number;
  readonly #entered = new Map<string, Entered>();
  readonly #watched = new Map<string, Watched>();
  #clock: number;

  /** `clock`: the highest that this session has used, when it continues one. `maxMembers`: of one channel; a watch that would
   * have more ends with `full`. */
  constructor(
    machine: PartMachine,
    { clock = 0, maxMembers }: { readonly clock?: number; readonly maxMembers: number },
  ) {
    this.#machine = machine;
    this.#maxMembers = maxMembers;
    this.#clock = clock;
  }

  get clock(): number {
    return this.#clock;
  }

  /** Enters, or changes what the others see. `done` may never be called: when it changes, or leaves, before. */
  enter(channel: string, data: PlainData, done: (error?: ErrorBody) => void = () => {}): void {
    this.#entered.set(channel, { data, done });
    this.#sendEnter(channel);
  }

  leave(channel: string): void {
    if (this.#entered.delete(channel)) this.#sendLeave(channel);
  }

  watch(channel: string, handler: PresenceHandler): void {
    this.#watched.set(channel, {
      handler,
      s: undefined,
      map: new PresenceMap(),
      offset: 0,
      isPartial: true,
    });
    this.#sendWatch(channel);
  }

  unwatch(channel: string): void {
    if (this.#watched.delete(channel)) this.#sendUnwatch(channel);
  }

  /** Welcome: the server may have marked this client away, or not know it at all. */
  connected(): void {
    for (const channel of this.#entered.keys()) this.#sendEnter(channel);
    for (const channel of this.#watched.keys()) this.#sendWatch(channel);
  }

  disconnected(): void {
    for (const watched of this.#watched.values()) watched.s = undefined;
  }

  /** A watch that is behind what the server has told, or that the server does not know, begins again. */
  onPong(entries: ReadonlyMap<number, readonly [s: number, o: number, h?: number]>): void {
    for (const [channel, { s, offset }] of this.#watched) {
      if (s === undefined) continue;
      const entry = entries.get(s);
      if (entry === undefined || entry[1] > offset) this.#sendWatch(channel);
    }
  }

  /** The server ended a watch: it is not allowed any more. */
  onEnd(s: number, error: ErrorBody): void {
    for (const [channel, watched] of this.#watched) {
      if (watched.s !== s) continue;
      this.#watched.delete(channel);
      watched.handler.onRefused(error);
    }
  }

  onMap(packet: MapPacket): void {
    for (const [channel, watched] of this.#watched) {
      // All pages of a snapshot in another epoch say so, and the first has renamed it.
      if (watched.s === undefined || (watched.s !== packet.s && watched.s !== packet.to)) continue;
      watched.s = packet.to ?? packet.s;
      return this.#apply(channel, watched, packet);
    }
  }

  #apply(channel: string, watched: Watched, packet: MapPacket): void {
    if (packet.snap === 1) {
      if (!watched.isPartial || packet.o !== watched.offset) watched.map = new PresenceMap();
      watched.isPartial = true;
    } else if (watched.isPartial || packet.o > watched.offset + 1) {
      return this.#sendWatch(channel);
    } else if (packet.o <= watched.offset) {
      return;
    }
    watched.offset = packet.o;
    for (const entry of packet.put ?? []) watched.map.put(member(entry));
    if (watched.map.count > this.#maxMembers) return this.#overflow(channel, watched);
    for (const key of packet.rm ?? []) {
      const clock = watched.map.get(key)?.clock ?? 0;
      watched.map.leave({ key, clock: clock + 1, isServerMade: true });
    }
    if (packet.more === 1) return;
    watched.isPartial = false;
    watched.handler.onMembers(watched.map.members(), packet.n);
  }

  /** Whoever names members without end is not listened to any more. */
  #overflow(channel: string, { handler }: Watched): void {
    this.unwatch(channel);
    const msg = `${channel} has more than maxMembers (${this.#maxMembers})`;
    handler.onRefused({ code: 'full', msg, retry: 'no' });
  }

  #sendEnter(channel: string): void {
    const entered = this.#entered.get(channel);
    if (entered === undefined || !this.#machine.isOpen) return;
    const packet = { t: 'pres', ch: channel, do: 'enter', c: this.#tick(), d: entered.data } as const;
    this.#machine.request(packet, (reply) => {
      if (reply === undefined || this.#entered.get(channel) !== entered) return;
      if (reply.err === undefined) return entered.done();
      if (reply.err.retry === 'no') {
        this.#entered.delete(channel);
        entered.done(reply.err);
      } else this.#machine.setTimer(reply.err.afterMs ?? retryMs, () => this.#sendEnter(channel));
    });
  }

  // Should the connection break before these are answered, the server forgets by itself.

  #sendLeave(channel: string): void {
    if (this.#entered.has(channel) || !this.#machine.isOpen) return;
    this.#machine.request({ t: 'pres', ch: channel, do: 'leave', c: this.#tick() }, (reply) =>
      this.#again(reply, () => this.#sendLeave(channel)),
    );
  }

  #sendUnwatch(channel: string): void {
    if (this.#watched.has(channel) || !this.#machine.isOpen) return;
    this.#machine.request({ t: 'pres', ch: channel, do: 'unwatch' }, (reply) =>
      this.#again(reply, () => this.#sendUnwatch(channel)),
    );
  }

  #again(reply: ReplyPacket | undefined, send: () => void): void {
    if (reply?.err === undefined || reply.err.retry === 'no') return;
    this.#machine.setTimer(reply.err.afterMs ?? retryMs, send);
  }

  #sendWatch(channel: string): void {
    const watched = this.#watched.get(channel);
    if (watched === undefined || !this.#machine.isOpen) return;
    watched.s = undefined;
    this.#machine.request({ t: 'pres', ch: channel, do: 'watch' }, (reply) => {
      if (reply === undefined || this.#watched.get(channel) !== watched) return;
      if (reply.err === undefined) {
        if (!isWatchAnswer(reply.ok)) return this.#machine.reset('a reply to watch that is none');
        watched.s = (reply.ok as { readonly s: number }).s;
        watched.isPartial = true;
        watched.offset = -1;
      } else if (reply.err.retry === 'no') {
        this.#watched.delete(channel);
        watched.handler.onRefused(reply.err);
      } else {
        this.#machine.setTimer(reply.err.afterMs ?? retryMs, () => this.#sendWatch(channel));
      }
    });
  }

  #tick(): number {
    this.#clock += clockStep;
    return this.#clock;
  }
}

function member([key, clock, data, away]: MapEntry): PresenceMember {
  return away === 1 ? { key, clock, data, away: true } : { key, clock, data };
}
