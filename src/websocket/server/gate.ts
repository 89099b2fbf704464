// The gate of a server: counts who comes, by which address, and how often each limit turned somebody away.

import type { Duplex } from 'node:stream';
import { ConnectionError } from '../errors.ts';
import { Admission, type ProcessAdmission } from './admission.ts';
import { NO_ADDRESS } from './client-address.ts';
import { FailedHandshakes } from './failed-handshakes.ts';
import { descriptorOf, openFileLimit } from './open-files.ts';
import { type CountedLimit, LimitCounts } from './server-counters.ts';
import type { ServerSettings } from './server-options.ts';

/** The application is told of a lack of descriptors at most this often. */
const REPORT_MS = 60_000;

export class Gate {
  readonly settings: ServerSettings;
  readonly counts = new LimitCounts();
  readonly admission: Admission;
  readonly failures: FailedHandshakes;
  readonly #report: (error: Error) => void;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** `report` tells the application of what belongs to no connection. `process`: by default, all servers of this one. */
  constructor(settings: ServerSettings, report: (error: Error) => void, process?: ProcessAdmission) {
    this.settings = settings;
    this.admission = new Admission(settings.limits, (limit) => this.count(limit), process);
    this.failures = new FailedHandshakes(settings.limits);
    this.#report = report;
  }

  count(limit: CountedLimit): void {
    this.counts.count(limit);
  }

  /**
   * Whether a socket may have its descriptor. Near the end of them, a process that goes on accepting drops connections
   * without a word; and the last few are kept for those who are told.
   */
  checkDescriptor(carrier: Duplex): 'free' | 'full' | 'last' {
    const { maxDescriptors } = this.settings.limits;
    const descriptor = descriptorOf(carrier);
    if (descriptor < maxDescriptors) return 'free';
    this.count('maxDescriptors');
    const now = performance.now();
    if (now - this.#reportedAt >= REPORT_MS) {
      this.#reportedAt = now;
      this.#report(
        new ConnectionError(
          'DESCRIPTORS_LOW',
          `descriptor ${descriptor} is above maxDescriptors (${maxDescriptors}), and the process may have ` +
            `${openFileLimit()}: connections are refused; raise the limit of open files (ulimit -n)`,
        ),
      );
    }
    return descriptor < (maxDescriptors + openFileLimit()) / 2 ? 'full' : 'last';
  }
}

/** One who comes, from the first byte until a connection is open or was refused. */
export class Visit {
  readonly #gate: Gate;
  readonly #peer: string;
  #isCounted = false;
  #isHeldBack = false;
  /** Whom it counts for; undefined as long as only a proxy is known, or nobody: then it counts for the server alone. */
  #client: string | undefined;

  constructor(gate: Gate, peer: string) {
    this.#gate = gate;
    this.#peer = peer;
  }

  /** The address of the client, as far as it is known. */
  get address(): string {
    return this.#client ?? this.#peer;
  }

  /** Counts it in, unless a cap is reached. */
  enter(): boolean {
    const { admission, settings } = this.#gate;
    const isKnown = this.#peer !== NO_ADDRESS && !settings.clients.isProxy(this.#peer);
    const client = isKnown ? this.#peer : undefined;
    if (!admission.enter(client)) return false;
    this.#client = client;
    this.#isCounted = true;
    return true;
  }

  /** Finds the client behind a proxy, and counts it for that address, unless a cap is reached. */
  identify(forwardedFor: string | undefined): boolean {
    if (this.#client !== undefined) return true;
    const { admission, settings } = this.#gate;
    const client = settings.clients.find(this.#peer, forwardedFor);
    if (client === NO_ADDRESS) return true;
    if (!admission.identify(client)) return false;
    this.#client = client;
    return true;
  }

  /** Whether its address is turned away before anything is decided. */
  isBlocked(): boolean {
    const isBlocked = this.#gate.failures.isBlocked(this.address);
    if (isBlocked) this.#gate.count('maxFailedHandshakesPerMinute');
    return isBlocked;
  }

  /** It failed. Says whether its answer is to be held back; then `release` must follow, if nothing else does. */
  holdBack(): boolean {
    const { failures, settings } = this.#gate;
    if (this.#client === undefined || settings.tarpitMs === 0) return false;
    this.#isHeldBack = failures.fail(this.#client, performance.now());
    if (this.#isHeldBack) this.#gate.count('maxFailedHandshakesPerMinute');
    return this.#isHeldBack;
  }

  /** The answer is not held back any more. */
  release(): void {
    if (this.#isHeldBack) this.#gate.failures.release(this.address);
    this.#isHeldBack = false;
  }

  /** A connection is open: `admission.leave` with the address is its own. */
  settle(): void {
    this.#gate.admission.settle(this.#client);
  }

  /** It came to nothing. */
  abandon(): void {
    this.release();
    if (!this.#isCounted) return;
    this.#isCounted = false;
    this.#gate.admission.settle(this.#client);
    this.#gate.admission.leave(this.#client);
  }
}
