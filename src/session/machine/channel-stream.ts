// One channel on one node: listens to the source once and gives each publication to all live readers.

import {
  type ChannelPolicy,
  deliveryTraits,
  type GapReason,
  type Position,
  type Publication,
} from '../../channel/index.ts';
import type { SessionLimits } from '../limits.ts';
import type { GapPacket, PosPacket } from '../packet.ts';
import { EncodedPacket } from './encoded-packet.ts';
import type { ChannelSource, Failed, Listener, SourceCursor, SourcePage } from './hub-port.ts';
import { type GateHost, ReplayGate } from './replay-gate.ts';
import { type StreamItem, streamItem } from './stream-item.ts';

/** Somebody who reads the stream. All methods but `receive` may lead back into the stream. */
export interface StreamReader {
  /** Its place among the live readers; -1 when it is not live. Written by the stream. */
  liveIndex: number;
  receive(item: StreamItem): void;
  /** The stream is open, or has come as far as this reader waited for. */
  onStreamReady(): void;
  /** The source failed. Who still waits for it is told so, and may go on waiting. */
  onStreamFailed(): void;
  /** A live reader missed something. The packet says so; the stream goes on at its new position. */
  onStreamGap(packet: EncodedPacket<GapPacket>): void;
  /** A live reader of `state`: nothing that matters lies in these offsets. */
  onStreamSkip(packet: EncodedPacket<PosPacket>): void;
}

/** What a stream needs of its hub. */
export interface StreamHost extends GateHost {
  readonly source: ChannelSource;
  readonly limits: SessionLimits;
  nextStreamNumber(): number;
  /** Calls `stream.retry` after a while that grows with `attempt`. */
  retryLater(stream: ChannelStream, attempt: number): void;
  /** The stream has no reader any more. */
  onUnused(stream: ChannelStream): void;
}

export interface StreamPage {
  readonly type: 'page';
  readonly page: Extract<SourcePage, { type: 'page' }>;
  readonly items: readonly StreamItem[];
}

type PageAnswer = StreamPage | Extract<SourcePage, { type: 'gap' }> | Failed;

/**
 * `opening`: asked the source to listen. `catching`: listens, and reads what was published while it did not.
 * `open`: live. `resting`: the source failed, and is asked again later. `closed`: for good.
 */
type StreamState = 'opening' | 'catching' | 'open' | 'resting' | 'closed';

export class ChannelStream {
  readonly channel: string;
  policy: ChannelPolicy;
  readonly gate: ReplayGate;
  readonly #host: StreamHost;
  #state: StreamState = 'opening';
  #s = 0;
  #epoch = '';
  #offset = 0;
  #live: StreamReader[] = [];
  readonly #waiting = new Set<StreamReader>();
  #readers = 0;
  #listener: Listener | undefined;
  /** Counts the attempts to listen: an answer to an older one is dropped. */
  #generation = 0;
  #failures = 0;
  #movedSinceCheck = false;
  readonly #reads = new Map<string, ((answer: PageAnswer) => void)[]>();

  constructor(channel: string, policy: ChannelPolicy, host: StreamHost) {
    this.channel = channel;
    this.policy = policy;
    this.#host = host;
    this.gate = new ReplayGate(host);
    this.#listen();
  }

  /** The stream number: one for each epoch of the channel on this node. */
  get s(): number {
    return this.#s;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** The offset up to which live readers have been told. */
  get offset(): number {
    return this.#offset;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get liveReaders(): number {
    return this.#live.length;
  }

  /** Counts a reader in. It is counted out by `release`. */
  retain(): void {
    this.#readers++;
  }

  release(reader: StreamReader): void {
    this.leave(reader);
    this.#waiting.delete(reader);
    if (--this.#readers > 0) return;
    this.#state = 'closed';
    this.#stopListening();
    this.#host.onUnused(this);
  }

  /** `onStreamReady` is called once the stream is open: at once when it is. */
  whenReady(reader: StreamReader): void {
    if (this.#state === 'open') reader.onStreamReady();
    else this.#waiting.add(reader);
  }

  /** The reader stands above the stream, or in another epoch: `onStreamReady` is called after the next step. */
  waitForNext(reader: StreamReader): void {
    this.#waiting.add(reader);
  }

  join(reader: StreamReader): void {
    if (reader.liveIndex >= 0) return;
    reader.liveIndex = this.#live.length;
    this.#live.push(reader);
  }

  leave(reader: StreamReader): void {
    const index = reader.liveIndex;
    if (index < 0) return;
    const last = this.#live.pop()!;
    if (last !== reader) {
      this.#live[index] = last;
      last.liveIndex = index;
    }
    reader.liveIndex = -1;
  }

  /** A page of history with the packets to send. Readers that ask for the same page at the same time share it. */
  readPage(after: SourceCursor | undefined, done: (answer: PageAnswer) => void): void {
    const name = after === undefined ? '' : `${after.epoch}/${after.offset}/${after.base ?? ''}`;
    const sharing = this.#reads.get(name);
    if (sharing !== undefined) {
      sharing.push(done);
      return;
    }
    const callbacks = [done];
    this.#reads.set(name, callbacks);
    const query = { type: 'forward', limit: this.#host.limits.historyPage, ...(after && { after }) } as const;
    this.#host.source.history(this.channel, query, {
      policy: this.policy,
      done: (page) => {
        this.#reads.delete(name);
        const answer = page.type === 'page' ? this.#withPackets(page, after) : page;
        for (const callback of callbacks) callback(answer);
      },
    });
  }

  #withPackets(page: Extract<SourcePage, { type: 'page' }>, after: SourceCursor | undefined): StreamPage {
    const { isContiguous } = deliveryTraits[this.policy.class];
    let covered = after?.offset ?? 0;
    const items = page.publications.map((publication) => {
      const first = isContiguous ? publication.offset : covered + 1;
      covered = publication.offset;
      return streamItem(this.#s, publication, first);
    });
    return { type: 'page', page, items };
  }

  /** Compares with the source's head when nothing has happened since the last time: a last message may be lost. */
  checkPosition(): void {
    const moved = this.#movedSinceCheck;
    this.#movedSinceCheck = false;
    if (moved || this.#state !== 'open' || !deliveryTraits[this.policy.class].isStored) return;
    const generation = this.#generation;
    const query = { type: 'forward', limit: 0 } as const;
    this.#host.source.history(this.channel, query, {
      policy: this.policy,
      done: (page) => {
        if (generation !== this.#generation || this.#state !== 'open' || page.type === 'failed') return;
        if (this.isBehind(page.kept)) this.relisten();
      },
    });
  }

  /** Whether the source stands elsewhere than what was heard from it. */
  protected isBehind(kept: { readonly epoch: string; readonly head: number }): boolean {
    return kept.epoch !== this.#epoch || kept.head > this.#offset;
  }

  /** What was heard so far cannot be the whole: listen anew, and read what was missed. */
  relisten(): void {
    if (this.#state === 'open' || this.#state === 'catching') this.#listen();
  }

  /** The source is asked again after it failed. */
  retry(): void {
    if (this.#state === 'resting') this.#listen();
  }

  #listen(): void {
    this.#stopListening();
    this.#state = 'opening';
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    this.#listener = this.#host.source.listen(this.channel, this.policy, {
      onOpen: (position) => {
        if (isCurrent()) this.#onOpen(position);
      },
      onPublication: (publication) => {
        if (isCurrent() && this.#isNews(publication)) this.#onNews(publication);
      },
      onLost: () => {
        if (isCurrent()) this.#onLost();
      },
    });
  }

  #stopListening(): void {
    this.#generation++;
    this.#listener?.close();
    this.#listener = undefined;
  }

  #onLost(): void {
    this.#stopListening();
    this.#state = 'resting';
    this.#host.retryLater(this, this.#failures++);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reader of waiting) reader.onStreamFailed();
  }

  /** A reader could not read history: the source is left alone for a while. */
  sourceFailed(): void {
    if (this.#state === 'open' || this.#state === 'catching') this.#onLost();
  }

  #onOpen(position: Position): void {
    if (this.#epoch === '') this.#moveTo(position);
    else if (this.mayContinue(position)) {
      if (position.offset > this.#offset) {
        this.#state = 'catching';
        this.#catchUp({ epoch: this.#epoch, offset: this.#offset }, position);
        return;
      }
    } else {
      this.#gap('epoch', position);
    }
    this.#open();
  }

  /** Whether a source that stands at `position` continues what was heard. Behind it, it was rolled back. */
  protected mayContinue(position: Position): boolean {
    return position.epoch === this.#epoch && position.offset >= this.#offset;
  }

  #open(): void {
    this.#state = 'open';
    this.#failures = 0;
    this.#movedSinceCheck = true;
    this.#listener?.start();
    this.#wake();
  }

  #catchUp(after: SourceCursor, until: Position): void {
    const generation = this.#generation;
    this.readPage(after, (answer) => {
      if (generation !== this.#generation) return;
      if (answer.type === 'failed') {
        this.#onLost();
      } else if (answer.type === 'gap') {
        this.#gap(answer.reason, until.epoch === answer.kept.epoch ? until : position(answer.kept));
        this.#open();
      } else {
        for (const item of answer.items) if (this.#isNews(item.publication)) this.#fanOut(item);
        const { next, more } = answer.page;
        if (more) return this.#catchUp(next, until);
        this.#skipTo(next.offset);
        this.#open();
      }
    });
  }

  #isNews(publication: Publication): boolean {
    return publication.offset > this.#offset || !deliveryTraits[this.policy.class].isStored;
  }

  #onNews(publication: Publication): void {
    // A source never leaves one out. If one does, nobody is told half of it: the rest is read from history.
    if (publication.offset > this.#offset + 1) this.relisten();
    else this.#fanOut(streamItem(this.#s, publication));
  }

  #fanOut(item: StreamItem): void {
    this.#offset = item.publication.offset;
    this.#movedSinceCheck = true;
    this.gate.push(item);
    // Backwards: a reader that leaves meanwhile is replaced by one that has had it.
    for (let index = this.#live.length - 1; index >= 0; index--) this.#live[index]!.receive(item);
    if (this.#waiting.size > 0 && this.#state === 'open') this.#wake();
  }

  /** `state`: what lies between the last item of a page and the head was replaced, or removed again. */
  #skipTo(offset: number): void {
    if (offset <= this.#offset) return;
    const packet = new EncodedPacket<PosPacket>({ t: 'pos', s: this.#s, f: this.#offset + 1, o: offset });
    this.#offset = offset;
    for (const reader of [...this.#live]) if (reader.liveIndex >= 0) reader.onStreamSkip(packet);
  }

  #moveTo({ epoch, offset }: Position): void {
    if (epoch !== this.#epoch || offset < this.#offset) this.#s = this.#host.nextStreamNumber();
    this.#epoch = epoch;
    this.#offset = offset;
    this.gate.reset(offset);
  }

  #gap(why: GapReason, to: Position): void {
    const s = this.#s;
    this.#moveTo(to);
    const packet = new EncodedPacket<GapPacket>({
      t: 'gap',
      s,
      why,
      to: this.#s,
      e: to.epoch,
      // `state` begins anew: the snapshot that follows takes the place of everything.
      o: this.policy.class === 'state' ? 0 : to.offset,
    });
    for (const reader of [...this.#live]) if (reader.liveIndex >= 0) reader.onStreamGap(packet);
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reader of waiting) reader.onStreamReady();
  }
}

function position(kept: { readonly epoch: string; readonly head: number }): Position {
  return { epoch: kept.epoch, offset: kept.head };
}
