// The calls of one connection: answered by the application, with a deadline, parts and cancellation.

import { isChannelName, type PlainData, type Publication } from '../../channel/index.ts';
import { type ErrorBody, errorBody } from '../error-code.ts';
import type { HistPacket, RpcPacket, ServerPacket } from '../packet.ts';
import type { Authority, Authorization, Call, ChannelSource } from './hub-port.ts';

type Answer = { readonly ok: PlainData } | { readonly err: ErrorBody };

export interface CallHost {
  readonly authority: Authority;
  readonly source: ChannelSource;
  readonly subject: string;
  readonly historyPage: number;
  send(packet: ServerPacket): void;
  authorizeHistory(channel: string, done: (answer: Authorization) => void): void;
  setTimer(afterMs: number, callback: () => void): () => void;
  report(error: unknown): void;
}

interface Running {
  call: Call | undefined;
  cancelTimer: (() => void) | undefined;
  reply(answer: Answer): void;
}

export class CallDesk {
  readonly #host: CallHost;
  readonly #running = new Map<number, Running>();

  constructor(host: CallHost) {
    this.#host = host;
  }

  call(packet: RpcPacket, reply: (answer: Answer) => void): void {
    const { authority, subject } = this.#host;
    const { id, m: method, d: data = null, ms: deadlineMs } = packet;
    if (this.#running.has(id))
      return reply({ err: errorBody('bad_request', 'a call with this id is running') });
    if (authority.call === undefined) return reply({ err: errorBody('unknown_method', 'no such call') });
    const running: Running = { call: undefined, cancelTimer: undefined, reply };
    this.#running.set(id, running);
    if (deadlineMs !== undefined) {
      running.cancelTimer = this.#host.setTimer(deadlineMs, () =>
        this.#end(id, errorBody('deadline', `no answer within ${deadlineMs} ms`)),
      );
    }
    try {
      running.call = authority.call(
        { subject, method, data, deadlineMs },
        {
          onPart: (part) => {
            if (this.#running.get(id) === running) this.#host.send({ t: 'rpc', id, d: part });
          },
          onDone: (answer) => {
            if (this.#running.get(id) !== running) return;
            this.#finish(id, running, 'data' in answer ? { ok: { d: answer.data } } : { err: answer.error });
          },
        },
      );
    } catch (error) {
      this.#host.report(error);
      this.#end(id, errorBody('internal', 'the call failed'));
    }
  }

  cancel(id: number): void {
    this.#end(id, errorBody('cancelled', 'cancelled'));
  }

  #end(id: number, err: ErrorBody): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#finish(id, running, { err });
    running.call?.cancel();
  }

  #finish(id: number, running: Running, answer: Answer): void {
    this.#running.delete(id);
    running.cancelTimer?.();
    running.reply(answer);
  }

  history(packet: HistPacket, reply: (answer: Answer) => void): void {
    if (!isChannelName(packet.ch)) return reply({ err: errorBody('bad_channel', 'not a channel name') });
    this.#host.authorizeHistory(packet.ch, (answer) => {
      if (answer.type === 'refused') return reply({ err: answer.error });
      const { policy, isVisible } = answer;
      const at = packet.e === undefined ? undefined : { epoch: packet.e, offset: packet.o! };
      const limit = Math.min(packet.n, this.#host.historyPage);
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
          const visible = isVisible === undefined ? page.publications : page.publications.filter(isVisible);
          reply({ ok: { ...where, m: visible.map(historyEntry), more: page.more, next: page.next.offset } });
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
