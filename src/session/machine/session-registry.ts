// Sessions in memory: public names, single-use secrets, and who holds which.
//
// Pure, so that one process can use it as it is, and the simulator as the store that all nodes share.

import { type Deadline, DeadlineQueue } from './deadline-queue.ts';
import type { Failed, OpenedSession, SessionStore } from './hub-port.ts';

interface Session {
  readonly sid: string;
  readonly tok: string;
  readonly chain: string;
  readonly subject: string;
  onFenced: (() => void) | undefined;
  expiry: Deadline | undefined;
}

export interface SessionRegistryOptions {
  /** Gives a name or a secret: at least 128 bits from a cryptographic source, at most 128 characters. */
  randomToken(): string;
  /** How long a session without connection is kept, in milliseconds. */
  readonly ttlMs: number;
  /** Sessions without connection that are kept; the one that ends first goes first.
   * @default 100_000 */
  readonly maxReleased?: number;
  /** One was forgotten because too many were kept. */
  onForgotten?(): void;
  now(): number;
  /** Calls back after the current call has returned. */
  defer(callback: () => void): void;
}

export class SessionRegistry implements SessionStore {
  readonly #options: SessionRegistryOptions;
  readonly #sessions = new Map<string, Session>();
  /** Released ones, the longest gone first. */
  readonly #released = new Set<string>();
  readonly #deadlines = new DeadlineQueue();

  constructor(options: SessionRegistryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  open(
    request: { readonly subject: string; readonly claim?: { readonly sid: string; readonly tok: string } },
    handler: { done(session: OpenedSession | Failed): void; onFenced(): void },
  ): void {
    this.expire();
    const { subject, claim } = request;
    const claimed = claim === undefined ? undefined : this.#sessions.get(claim.sid);
    const resumed =
      claimed !== undefined && claimed.subject === subject && isSameSecret(claimed.tok, claim!.tok);
    const sid = this.#options.randomToken();
    const chain = resumed ? claimed.chain : sid;
    const session: Session = {
      sid,
      tok: this.#options.randomToken(),
      chain,
      subject,
      onFenced: () => handler.onFenced(),
      expiry: undefined,
    };
    this.#sessions.set(sid, session);
    if (resumed) {
      // The secret is spent, and whoever still holds the session is cut off: exactly one goes on.
      this.end(claimed.sid);
      const { onFenced } = claimed;
      if (onFenced !== undefined) this.#options.defer(onFenced);
    }
    const { tok } = session;
    this.#options.defer(() => handler.done({ sid, tok, chain, resumed }));
  }

  release(sid: string): void {
    this.expire();
    const session = this.#sessions.get(sid);
    if (session === undefined || session.expiry !== undefined) return;
    session.onFenced = undefined;
    session.expiry = this.#deadlines.add(this.#options.now() + this.#options.ttlMs, () => this.end(sid));
    this.#released.add(sid);
    const [longestGone] = this.#released;
    if (this.#released.size <= (this.#options.maxReleased ?? 100_000)) return;
    this.end(longestGone!);
    this.#options.onForgotten?.();
  }

  end(sid: string): void {
    this.#deadlines.cancel(this.#sessions.get(sid)?.expiry);
    this.#sessions.delete(sid);
    this.#released.delete(sid);
  }

  /** Forgets everything, as a store that was lost. */
  clear(): void {
    for (const sid of [...this.#sessions.keys()]) this.end(sid);
  }

  /** Forgets what has outlived its time. Every other call does so as well. */
  expire(): void {
    this.#deadlines.pass(this.#options.now());
  }
}

/** Compares in a time that tells nothing of where two secrets differ. */
function isSameSecret(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < b.length; index++) {
    difference |= a.charCodeAt(index % (a.length || 1)) ^ b.charCodeAt(index);
  }
  return difference === 0;
}
