// What the client has published and nobody has answered: sent in order, sent again after a disconnect, never doubled.

import type { PlainData, Position } from '../../channel/index.ts';
import type { ErrorBody } from '../error-code.ts';
import { jsonLength } from '../json-length.ts';
import type { PubPacket, ReplyPacket } from '../packet.ts';
import { isPubAnswer } from '../server-packet-shape.ts';

export interface PublishFields {
  readonly data: PlainData;
  /** The caller's own dedupe key. */
  readonly key?: string | undefined;
  readonly stateKey?: string | undefined;
  readonly removed?: true;
}

export type PublishResult =
  | { readonly position: Position; readonly duplicate: boolean; readonly error?: undefined }
  /** `producer_expired`: it may have been published, and nobody knows any more. Otherwise it was not. */
  | { readonly error: ErrorBody };

export interface OutboxMachine {
  /** Whether packets can be sent, and one more request may be under way. */
  readonly canSend: boolean;
  /** Whether the client waits to hear where its subscription of this channel begins: it is to hear what it publishes after
   * it has subscribed. */
  isBeginning(channel: string): boolean;
  /** Sends a request and returns its id. */
  sendPublish(packet: Omit<PubPacket, 't' | 'id'>): number;
  /** A new producer id. */
  newProducer(): string;
  setTimer(afterMs: number, callback: () => void): void;
  /** The server said what cannot be. */
  reset(reason: string): void;
}

export interface OutboxItem {
  /** Its sequence. */
  q: number;
  readonly fields: PublishFields;
  readonly bytes: number;
  done(result: PublishResult): void;
  /** Of the request that waits for its reply; `undefined`: to be sent. */
  id: number | undefined;
  /** It was sent, and its answer was lost: it may have been appended. */
  isUncertain: boolean;
  /** It was refused as too early: a second copy of the packet, made on the way, may come in time and be appended. */
  mayYetCome: boolean;
  /** What was known to be appended when it was last sent. */
  acceptedBefore: number;
}

/** One channel: everything in the order in which it was published. */
export interface OutboxLane {
  readonly channel: string;
  producer: string;
  lastSequence: number;
  /** The highest sequence that is known to be appended. */
  lastAccepted: number;
  items: OutboxItem[];
  /** Nothing is sent for now. */
  isResting: boolean;
  /** The server cannot go on with this producer: a new one begins as soon as no reply is awaited. */
  mustRestart: boolean;
}

/** What may wait for its answer. */
export interface OutboxLimits {
  /**
   * Publications without an answer, while offline or under way.
   * Beyond: `full`.
   * @default 1_000
   */
  readonly maxQueuedPublications: number;
  /**
   * Bytes of those publications, of JSON characters, without their keys.
   * Beyond: `full`.
   * @default 16_777_216 (16 MiB)
   */
  readonly maxQueuedBytes: number;
}

export class Outbox {
  protected readonly machine: OutboxMachine;
  protected readonly room: OutboxLimits;
  protected readonly lanes = new Set<OutboxLane>();
  /** Where what is published now goes. */
  readonly #lanes = new Map<string, OutboxLane>();
  readonly #awaited = new Map<number, { readonly lane: OutboxLane; readonly item: OutboxItem }>();
  #size = 0;
  #bytes = 0;

  constructor(machine: OutboxMachine, room: OutboxLimits) {
    this.machine = machine;
    this.room = room;
  }

  /** Publications that are not answered yet. */
  get size(): number {
    return this.#size;
  }

  publish(channel: string, fields: PublishFields, done: (result: PublishResult) => void): void {
    const { maxQueuedPublications, maxQueuedBytes } = this.room;
    const bytes = jsonLength(fields.data);
    if (this.#size >= maxQueuedPublications || this.#bytes + bytes > maxQueuedBytes) {
      const msg = 'beyond maxQueuedPublications or maxQueuedBytes';
      return done({ error: { code: 'full', msg, retry: 'after', afterMs: 1_000 } });
    }
    let lane = this.#lanes.get(channel);
    if (lane === undefined) {
      lane = newLane(channel, this.machine.newProducer());
      this.#lanes.set(channel, lane);
      this.lanes.add(lane);
    }
    this.add(lane, newItem(++lane.lastSequence, fields, { bytes, done }));
    this.flushLane(lane);
  }

  /** Sends whatever may be sent. */
  flush(): void {
    for (const lane of this.lanes) this.flushLane(lane);
  }

  /** The connection is gone: what was not answered is sent again, with the same sequence. */
  disconnected(): void {
    for (const { item } of this.#awaited.values()) {
      item.id = undefined;
      item.isUncertain = true;
    }
    this.#awaited.clear();
    // Whatever the server said of a producer, it will say again.
    for (const lane of this.lanes) lane.mustRestart = false;
  }

  /** Forgets everything: nobody is told, and nothing more is sent. */
  clear(): void {
    for (const lane of this.lanes) lane.items = [];
    this.lanes.clear();
    this.#lanes.clear();
    this.#awaited.clear();
    this.#size = this.#bytes = 0;
  }

  /** Returns whether the reply was one to a publish. */
  onReply(packet: ReplyPacket): boolean {
    const awaited = this.#awaited.get(packet.id);
    if (awaited === undefined) return false;
    if (packet.err === undefined && !isPubAnswer(packet.ok)) {
      this.machine.reset('a reply to pub that is none');
      return true;
    }
    this.#awaited.delete(packet.id);
    const { lane, item } = awaited;
    item.id = undefined;
    if (packet.err === undefined) this.#accepted(lane, item, packet.ok);
    else this.#refused(lane, item, packet.err);
    if (lane.mustRestart && lane.items.every(({ id }) => id === undefined)) this.#restart(lane);
    this.flush();
    return true;
  }

  #accepted(lane: OutboxLane, item: OutboxItem, ok: PlainData): void {
    const { e, o, dup } = ok as { readonly e: string; readonly o: number; readonly dup: boolean };
    lane.lastAccepted = Math.max(lane.lastAccepted, item.q);
    this.settle(lane, item, { position: { epoch: e, offset: o }, duplicate: dup });
  }

  #refused(lane: OutboxLane, item: OutboxItem, error: ErrorBody): void {
    if (error.code === 'seq_gap') {
      this.#onGap(lane, item, error.expect ?? 1);
    } else if (error.code === 'producer_expired') {
      if (item.acceptedBefore < lane.lastAccepted) {
        // Another was accepted since this was sent: the refusal may be older than that. It is asked again.
        item.isUncertain = true;
      } else if (item.isUncertain) {
        // Sent before, and the answer was lost: nobody knows, and nobody guesses.
        this.settle(lane, item, { error });
        lane.mustRestart = true;
      } else if (lane.items[0] === item || lane.items[0]!.q > 1) {
        // Sent only once, and refused: it was surely not appended. Nor will a copy be that is still on its way, since
        // the first one of this producer is not sent any more, and without it the server accepts no other.
        lane.mustRestart = true;
      } else {
        // An earlier one was lost on the way: the server has never heard of this producer.
        item.mayYetCome = true;
        this.#rewind(lane, lane.items[0]!.q);
      }
    } else if (error.retry === 'no') {
      this.settle(lane, item, { error });
    } else {
      if (error.retry === 'now') item.isUncertain = true;
      this.#rest(lane, error.afterMs ?? 1_000);
    }
  }

  #onGap(lane: OutboxLane, item: OutboxItem, expected: number): void {
    if (expected <= item.acceptedBefore) {
      // It waits for one that it had accepted before this was sent: it has forgotten, as with a new epoch.
      lane.mustRestart = true;
    } else if (expected <= lane.lastAccepted) {
      // Said before that one was accepted: a reply that was overtaken tells nothing any more.
      item.isUncertain = true;
    } else {
      item.isUncertain = false;
      item.mayYetCome = true;
      // What the server waits for is not here any more when it was refused for good.
      if (lane.items.some(({ q }) => q === expected)) this.#rewind(lane, expected);
      else lane.mustRestart = true;
    }
  }

  /** Everything from this sequence on is sent again, in order. What is still awaited for it is not waited for. */
  #rewind(lane: OutboxLane, from: number): void {
    for (const item of lane.items) {
      if (item.q < from || item.id === undefined) continue;
      this.#awaited.delete(item.id);
      item.id = undefined;
      item.isUncertain = true;
    }
  }

  protected add(lane: OutboxLane, item: OutboxItem): void {
    this.#size++;
    this.#bytes += item.bytes;
    lane.items.push(item);
  }

  /** Under this sequence of the lane's producer it is sent now. `false`: not yet, the lane is flushed again. */
  protected maySend(_lane: OutboxLane, _item: OutboxItem): boolean {
    return true;
  }

  protected settle(lane: OutboxLane, item: OutboxItem, result: PublishResult): void {
    lane.items = lane.items.filter((other) => other !== item);
    this.#size--;
    this.#bytes -= item.bytes;
    item.done(result);
  }

  #rest(lane: OutboxLane, afterMs: number): void {
    if (lane.isResting) return;
    lane.isResting = true;
    this.machine.setTimer(afterMs, () => {
      lane.isResting = false;
      this.flushLane(lane);
    });
  }

  /** None of these was appended: they may go under a new producer. */
  #restart(lane: OutboxLane): void {
    lane.mustRestart = false;
    const uncertain = lane.items.filter(({ isUncertain, mayYetCome }) => isUncertain || mayYetCome);
    for (const item of uncertain) {
      this.settle(lane, item, {
        error: {
          code: 'producer_expired',
          msg: 'it may have been published',
          retry: 'no',
        },
      });
    }
    lane.producer = this.machine.newProducer();
    lane.lastSequence = 0;
    lane.lastAccepted = 0;
    for (const item of lane.items) {
      item.q = ++lane.lastSequence;
      item.acceptedBefore = 0;
    }
  }

  protected flushLane(lane: OutboxLane): void {
    if (lane.isResting || lane.mustRestart || this.machine.isBeginning(lane.channel)) return;
    for (const item of lane.items) {
      if (item.id !== undefined) continue;
      if (!this.machine.canSend || !this.maySend(lane, item)) return;
      const { data, key, stateKey, removed } = item.fields;
      item.acceptedBefore = lane.lastAccepted;
      item.id = this.machine.sendPublish({
        ch: lane.channel,
        d: data,
        q: item.q,
        prod: lane.producer,
        key,
        k: stateKey,
        x: removed && 1,
      });
      this.#awaited.set(item.id, { lane, item });
    }
  }
}

export function newLane(channel: string, producer: string): OutboxLane {
  return {
    channel,
    producer,
    lastSequence: 0,
    lastAccepted: 0,
    items: [],
    isResting: false,
    mustRestart: false,
  };
}

export function newItem(
  q: number,
  fields: PublishFields,
  rest: Pick<OutboxItem, 'bytes' | 'done'>,
): OutboxItem {
  return { q, fields, ...rest, id: undefined, isUncertain: false, mayYetCome: false, acceptedBefore: 0 };
}
