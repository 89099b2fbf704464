// Requests of a client that wait for their reply, each with its deadline.

import type { PlainData } from '../../channel/index.ts';
import type { ReplyPacket } from '../packet.ts';
import type { RequestResult } from './client-options.ts';
import type { Deadline, DeadlineQueue } from './deadline-queue.ts';

export interface RequestOptions {
  /** Without a reply until then, an end has lost track. `undefined`: it may take as long as it likes. */
  readonly deadlineAt: number | undefined;
  /** `undefined`: the connection was lost first. */
  done(reply: ReplyPacket | undefined): void;
  readonly onPart?: ((data: PlainData) => void) | undefined;
}

interface PendingRequest extends RequestOptions {
  readonly deadline: Deadline | undefined;
}

export class ClientRequests {
  readonly #deadlines: DeadlineQueue;
  readonly #onOverdue: () => void;
  readonly #pending = new Map<number, PendingRequest>();
  #lastId = 0;

  constructor(deadlines: DeadlineQueue, onOverdue: () => void) {
    this.#deadlines = deadlines;
    this.#onOverdue = onOverdue;
  }

  get size(): number {
    return this.#pending.size;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  has(id: number): boolean {
    return this.#pending.has(id);
  }

  /** Begins to wait. The returned id goes into the packet. */
  add(options: RequestOptions): number {
    const id = this.nextId();
    const { deadlineAt } = options;
    const deadline = deadlineAt === undefined ? undefined : this.#deadlines.add(deadlineAt, this.#onOverdue);
    this.#pending.set(id, { ...options, deadline });
    return id;
  }

  onReply(packet: ReplyPacket): void {
    const request = this.#pending.get(packet.id);
    if (request === undefined) return;
    this.#pending.delete(packet.id);
    this.#deadlines.cancel(request.deadline);
    request.done(packet);
  }

  onPart(id: number, data: PlainData): void {
    this.#pending.get(id)?.onPart?.(data);
  }

  /** The connection is gone, and with it every answer. */
  disconnected(): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { deadline, done } of pending) {
      this.#deadlines.cancel(deadline);
      done(undefined);
    }
  }
}

export function requestResult(reply: ReplyPacket | undefined): RequestResult {
  if (reply === undefined) return disconnectedResult();
  return reply.err === undefined ? { data: reply.ok } : { error: reply.err };
}

export function disconnectedResult(): RequestResult {
  return { error: { code: 'disconnected', msg: 'the connection was lost', retry: 'now' } };
}
