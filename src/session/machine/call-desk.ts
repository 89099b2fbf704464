// The calls of one connection: answered by the application, with a deadline, parts and cancellation.

import {
  dataCost,
  grantCredit,
  isChannelName,
  type PlainData,
  type Publication,
  spendCredit,
  unlimitedCredit,
} from '../../channel/index.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import type { SessionLimits } from '../limits.ts';
import type { HistPacket, RpcPacket, ServerPacket } from '../packet.ts';
import type { Authority, Authorization, Call, ChannelSource } from './hub-port.ts';

type Answer = { readonly ok: PlainData } | { readonly err: ErrorBody };

export interface CallHost {
  readonly authority: Authority;
  readonly source: ChannelSource;
  readonly subject: string;
  readonly identity: unknown;
  readonly limits: SessionLimits;
  /** Whether parts may be sent. When not, `CallDesk.resume` is called once they may. */
  readonly hasRoom: boolean;
  send(packet: ServerPacket): void;
  authorizeHistory(channel: string, done: (answer: Authorization) => void): void;
  setTimer(afterMs: number, callback: () => void): () => void;
  report(error: unknown): void;
  onLimit(limit: keyof SessionLimits): void;
}

interface Running {
  readonly id: number;
  call: Call | undefined;
  /** How long the next part, or the answer, may take. */
  deadlineMs: number | undefined;
  cancelTimer: (() => void) | undefined;
  /** Parts that may still be sent. */
  credit: number;
  /** It waits for credit or room: no time runs against it meanwhile. */
  isHeld: boolean;
  reply(answer: Answer): void;
}

export class CallDesk {
  readonly #host: CallHost;
  readonly #running = new Map<number, Running>();

  constructor(host: CallHost) {
    this.#host = host;
  }

  call(packet: RpcPacket, reply: (answer: Answer) => void): void {
    const { authority, subject, identity } = this.#host;
    const { id, m: method, d: data = null, ms: deadlineMs, n: credit = unlimitedCredit } = packet;
    if (this.#running.has(id))
      return reply({ err: errorBody('bad_request', 'a call with this id is running') });
    if (authority.call === undefined) return reply({ err: errorBody('unknown_method', 'no such call') });
    const running: Running = {
      id,
      call: undefined,
      deadlineMs,
      cancelTimer: undefined,
      credit,
      isHeld: false,
      reply,
    };
    this.#running.set(id, running);
    try {
      const call = authority.call(
        { subject, identity, method, data, deadlineMs },
        {
          onPart: (part) => this.#onPart(running, part),
          onDone: (answer) => {
            if (this.#running.get(id) !== running) return;
            this.#finish(running, 'data' in answer ? { ok: { d: answer.data } } : { err: answer.error });
          },
        },
      );
      if (this.#running.get(id) !== running) return;
      running.call = call;
      if (call.deadlineMs !== undefined) {
        running.deadlineMs = Math.min(call.deadlineMs, deadlineMs ?? Number.POSITIVE_INFINITY);
      }
      if (!running.isHeld) this.#watch(running);
    } catch (error) {
      this.#host.report(error);
      this.#end(id, errorBody('internal', 'the call failed'));
    }
  }

  cancel(id: number): void {
    this.#end(id, errorBody('cancelled', 'cancelled'));
  }

  /** More parts may be sent. */
  credit(id: number, n: number): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.credit = grantCredit(running.credit, n);
    this.#goOn(running);
  }

  /** There is room in the byte window again. */
  resume(): void {
    for (const running of [...this.#running.values()]) this.#goOn(running);
  }

  /** What the caller may do has changed. */
  authorizeAgain(): void {
    for (const { call } of [...this.#running.values()]) call?.authorizeAgain?.(this.#host.identity);
  }

  #goOn(running: Running): void {
    if (!running.isHeld || running.credit === 0 || !this.#host.hasRoom) return;
    running.isHeld = false;
    this.#watch(running);
    running.call?.resume?.();
  }

  #onPart(running: Running, d: PlainData): boolean {
    const { id } = running;
    // What became of a call that nobody waits for is not held up by the queue.
    if (this.#running.get(id) !== running) return true;
    this.#host.send({ t: 'rpc', id, d });
    running.credit = spendCredit(running.credit);
    running.isHeld = running.credit === 0 || !this.#host.hasRoom;
    this.#watch(running);
    return !running.isHeld;
  }

  /** Time begins to run for what comes next. */
  #watch(running: Running): void {
    running.cancelTimer?.();
    running.cancelTimer = undefined;
    const { id, deadlineMs } = running;
    if (deadlineMs === undefined || running.isHeld) return;
    running.cancelTimer = this.#host.setTimer(deadlineMs, () =>
      this.#end(id, errorBody('deadline', `nothing came for ${deadlineMs} ms`)),
    );
  }

  #end(id: number, err: ErrorBody): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#finish(running, { err });
    running.call?.cancel();
  }

  #finish(running: Running, answer: Answer): void {
    this.#running.delete(running.id);
    running.cancelTimer?.();
    running.reply(answer);
  }

  history(packet: HistPacket, reply: (answer: Answer) => void): void {
    if (!isChannelName(packet.ch)) return reply({ err: errorBody('bad_channel', 'not a channel name') });
    this.#host.authorizeHistory(packet.ch, (answer) => {
      if (answer.type === 'refused') return reply({ err: answer.error });
      const { policy, isVisible } = answer;
      const at = packet.e === undefined ? undefined : { epoch: packet.e, offset: packet.o! };
      const { historyPage } = this.#host.limits;
      if (packet.n > historyPage) this.#host.onLimit('historyPage');
      const limit = Math.min(packet.n, historyPage);
      const query =
        packet.dir === 'fwd'
          ? ({ type: 'forward', limit, ...(at && { after: at }) } as const)
          : ({ type: 'backward', limit, ...(at && { before: at }) } as const);
      this.#host.source.history(packet.ch, query, {
        policy,
        done: (page) => {
          if (page.type === 'failed') {
            return reply({ err: errorBody('unavailable', 'history cannot be read now') });
          }
          const where = { e: page.kept.epoch, o: page.kept.head };
          if (page.type === 'gap') return reply({ ok: { ...where, gap: page.reason } });
          const fitting = whatFits(page.publications, this.#host.limits.maxQueuedBytes);
          const isCut = fitting.length < page.publications.length;
          const next = isCut ? fitting.at(-1)!.offset : page.next.offset;
          const visible = isVisible === undefined ? fitting : fitting.filter(isVisible);
          reply({ ok: { ...where, m: visible.map(historyEntry), more: isCut || page.more, next } });
        },
      });
    });
  }

  endAll(): void {
    for (const { call, cancelTimer } of this.#running.values()) {
      cancelTimer?.();
      call?.cancel();
    }
    this.#running.clear();
  }
}

/** As many as cost no more than this, and one at least. */
function whatFits(publications: readonly Publication[], bytes: number): readonly Publication[] {
  let left = bytes;
  const end = publications.findIndex(({ data }, index) => {
    left -= dataCost(data);
    return left < 0 && index > 0;
  });
  return end < 0 ? publications : publications.slice(0, end);
}

function historyEntry({ offset, data, publishedAt, publisher, stateKey, removed }: Publication): PlainData {
  return {
    o: offset,
    d: data,
    ts: publishedAt,
    ...(publisher !== undefined && { by: publisher }),
    ...(stateKey !== undefined && { k: stateKey }),
    ...(removed === true && { x: 1 }),
  };
}
