// The presence of one connection: where it has entered, what it watches, and what becomes of it when it breaks.

import { dataCost, isChannelName, type PlainData, type PresenceMember } from '../../channel/index.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import type { SessionLimits } from '../limits.ts';
import type { PresPacket } from '../packet.ts';
import type { Authorization, LeaseOutcome, PresenceSource } from './hub-port.ts';
import type { PresenceStream, PresenceWatcher } from './presence-stream.ts';

type Answer = { readonly ok: PlainData } | { readonly err: ErrorBody };

export interface PresenceHost extends PresenceWatcher {
  readonly presence: PresenceSource | undefined;
  /** `subject/chain`. */
  readonly presenceKey: string;
  readonly isOpen: boolean;
  readonly limits: SessionLimits;
  readonly graceMs: number;
  authorizePresence(packet: PresPacket, done: (answer: Authorization) => void): void;
  presenceStreamOf(channel: string): PresenceStream;
  setTimer(afterMs: number, callback: () => void): () => void;
  /** What a put has said of the node's lease. */
  onLease(outcome: LeaseOutcome): void;
  onLimit(limit: keyof SessionLimits): void;
}

/** Where this connection is present. `clock` is the highest that was used for it, by the client or for it. */
interface Entered {
  clock: number;
  readonly data: PlainData;
}

const retryMs = 1_000;

export class PresenceDesk {
  readonly #host: PresenceHost;
  readonly #entered = new Map<string, Entered>();
  /** The highest clock asked for, the latest channel last: an enter that waits for its authorisation, or was overtaken
   * on its way, must not undo a leave. */
  readonly #asked = new Map<string, number>();
  readonly #watched = new Map<string, PresenceStream>();

  constructor(host: PresenceHost) {
    this.#host = host;
  }

  handle(packet: PresPacket, reply: (answer: Answer) => void): void {
    const { presence } = this.#host;
    if (!isChannelName(packet.ch)) return reply({ err: errorBody('bad_channel', 'not a channel name') });
    if (presence === undefined)
      return reply({ err: errorBody('unsupported', 'the broker keeps no presence') });
    if (packet.do === 'unwatch') {
      this.#unwatch(packet.ch);
      return reply({ ok: {} });
    }
    if (packet.do === 'leave') return this.#leave(packet, presence, reply);
    if (packet.do === 'enter') {
      if (packet.c === undefined) return reply({ err: errorBody('bad_request', 'a change needs its clock') });
      this.#ask(packet.ch, packet.c);
    }
    this.#host.authorizePresence(packet, (answer) => {
      if (!this.#host.isOpen) return;
      if (answer.type === 'refused') reply({ err: answer.error });
      else if (packet.do === 'enter')
        this.#enter(packet, answer.data === undefined ? (packet.d ?? null) : answer.data, {
          presence,
          reply,
        });
      else this.#watch(packet.ch, reply);
    });
  }

  #enter(
    { ch, c }: PresPacket,
    data: PlainData,
    { presence, reply }: { readonly presence: PresenceSource; reply(answer: Answer): void },
  ): void {
    const clock = c!;
    const { maxPresenceBytes, maxPresences } = this.#host.limits;
    // Not before it is authorised: of many that were asked for at once, so many may enter, and no more.
    if (!this.#entered.has(ch) && this.#entered.size >= maxPresences) {
      this.#host.onLimit('maxPresences');
      return reply({ err: errorBody('too_many_subs', `present in ${maxPresences} channels already`) });
    }
    if (dataCost(data) > maxPresenceBytes) {
      this.#host.onLimit('maxPresenceBytes');
      return reply({ err: errorBody('too_large', `more than ${maxPresenceBytes} bytes to show`) });
    }
    // Repeated, or overtaken by a newer change: what is known stays.
    const latest = Math.max(this.#entered.get(ch)?.clock ?? 0, (this.#asked.get(ch) ?? 0) - 1);
    if (clock <= latest) return reply({ ok: {} });
    const before = this.#entered.get(ch);
    const entered = { clock, data };
    this.#entered.set(ch, entered);
    this.#put(presence, ch, { key: this.#host.presenceKey, clock, data }, (outcome) => {
      if (outcome === 'full' && before === undefined && this.#entered.get(ch) === entered) {
        this.#entered.delete(ch);
      }
      reply(presenceAnswer(outcome));
    });
  }

  #leave({ ch, c }: PresPacket, presence: PresenceSource, reply: (answer: Answer) => void): void {
    const known = this.#entered.get(ch);
    if (c !== undefined) this.#ask(ch, c);
    if (known === undefined || (c !== undefined && c <= known.clock)) return reply({ ok: {} });
    const clock = c ?? known.clock + 1;
    const leave = { key: this.#host.presenceKey, clock, isServerMade: false };
    presence.leave(ch, leave, (done) => {
      // Until it is sure, this connection is present there, and answers for it when it breaks.
      if (done && this.#entered.get(ch) === known) this.#entered.delete(ch);
      reply(presenceAnswer(done ? 'held' : 'failed'));
    });
  }

  #ask(channel: string, clock: number): void {
    const latest = Math.max(this.#asked.get(channel) ?? 0, clock);
    this.#asked.delete(channel);
    this.#asked.set(channel, latest);
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > this.#host.limits.maxPresences * 2) this.#asked.delete(oldest!);
  }

  #watch(channel: string, reply: (answer: Answer) => void): void {
    this.#unwatch(channel);
    if (this.#watched.size >= this.#host.limits.maxSubscriptions) {
      this.#host.onLimit('maxSubscriptions');
      return reply({ err: errorBody('too_many_subs', 'too many channels watched') });
    }
    const stream = this.#host.presenceStreamOf(channel);
    this.#watched.set(channel, stream);
    stream.add(this.#host, (answer) => {
      if ('code' in answer) {
        if (this.#watched.get(channel) === stream) this.#watched.delete(channel);
        return reply({ err: answer });
      }
      reply({ ok: { ...answer } });
      stream.sendSnapshot(this.#host);
    });
  }

  #unwatch(channel: string): void {
    const stream = this.#watched.get(channel);
    this.#watched.delete(channel);
    stream?.remove(this.#host);
  }

  positions(): (readonly [s: number, o: number])[] {
    return [...this.#watched.values()].map((stream) => stream.pongEntry(this.#host));
  }

  /** Asks about everything again: what may not be watched any more ends, and who may not be seen leaves. */
  authorizeAgain(onRefused: (s: number, error: ErrorBody) => void): void {
    const ask = (ch: string, rest: Pick<PresPacket, 'do' | 'd'>, refuse: (error: ErrorBody) => void): void =>
      this.#host.authorizePresence({ t: 'pres', id: 0, ch, ...rest }, (answer) => {
        if (answer.type === 'refused') refuse(answer.error);
      });
    for (const [channel, stream] of [...this.#watched]) {
      ask(channel, { do: 'watch' }, (error) => {
        if (this.#watched.get(channel) !== stream) return;
        const [s] = stream.pongEntry(this.#host);
        this.#unwatch(channel);
        if (s > 0) onRefused(s, error);
      });
    }
    for (const [channel, entered] of [...this.#entered]) {
      ask(channel, { do: 'enter', d: entered.data }, () => {
        if (this.#entered.get(channel) !== entered) return;
        this.#entered.delete(channel);
        this.leaveSurely(channel, entered.clock + 1, false);
      });
    }
  }

  /** There is room in the byte window again. */
  resume(): void {
    for (const stream of this.#watched.values()) stream.resume(this.#host);
  }

  /** The node's lease had run out and the broker made all its members leave: they are put again. */
  enterAgain(): void {
    for (const [channel, entered] of this.#entered) {
      const { data } = entered;
      // One above, as the leave: of two equals the one that the broker made up loses.
      const clock = ++entered.clock;
      const { presence } = this.#host;
      if (presence !== undefined) this.#put(presence, channel, { key: this.#host.presenceKey, clock, data });
    }
  }

  /** The client said goodbye: it leaves everywhere at once. */
  leaveAll(): void {
    this.#close((channel, { clock }) => this.leaveSurely(channel, clock + 1, false));
  }

  /** The connection broke: away at once, and gone after the grace time unless it comes back with a higher clock. */
  breakOff(): void {
    this.#close((channel, { clock, data }) => {
      const key = this.#host.presenceKey;
      const { presence } = this.#host;
      if (presence !== undefined) this.#put(presence, channel, { key, clock: clock + 1, data, away: true });
      this.#host.setTimer(this.#host.graceMs, () => this.leaveSurely(channel, clock + 2, true));
    });
  }

  #put(
    presence: PresenceSource,
    channel: string,
    member: PresenceMember,
    done: (outcome: LeaseOutcome) => void = () => {},
  ): void {
    presence.put(channel, member, (outcome) => {
      this.#host.onLease(outcome);
      done(outcome);
    });
  }

  #close(goodbye: (channel: string, entered: Entered) => void): void {
    for (const channel of [...this.#watched.keys()]) this.#unwatch(channel);
    for (const [channel, entered] of this.#entered) goodbye(channel, entered);
    this.#entered.clear();
    this.#asked.clear();
  }

  protected leaveSurely(channel: string, clock: number, isServerMade: boolean): void {
    const leave = { key: this.#host.presenceKey, clock, isServerMade };
    this.#host.presence?.leave(channel, leave, (done) => {
      if (!done) this.#host.setTimer(retryMs, () => this.leaveSurely(channel, clock, isServerMade));
    });
  }
}

function presenceAnswer(outcome: LeaseOutcome): Answer {
  if (outcome === 'failed') return { err: errorBody('unavailable', 'the broker does not answer') };
  return outcome === 'full' ? { err: errorBody('full', 'no room for one more member') } : { ok: {} };
}
