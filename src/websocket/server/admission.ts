// Counts connections, in the process, in the server and by address, and says when there are too many.

import { ProcessTotal, ServerShare } from '../connection/process-total.ts';
import { addressGroup } from './client-address.ts';
import type { CountedLimit } from './server-counters.ts';
import type { ServerLimits } from './server-limits.ts';

export type AdmissionLimits = Required<
  Pick<
    ServerLimits,
    'maxConnections' | 'maxConnectionsPerAddress' | 'maxHandshakes' | 'maxHandshakesPerAddress'
  >
>;

/** How many connections an address has; those in their handshake are among both. */
interface Share {
  connections: number;
  handshakes: number;
}

/** What the servers of a process share. */
export class ProcessAdmission {
  readonly maxConnections = new ProcessTotal<undefined>();
  readonly maxHandshakes = new ProcessTotal<undefined>();
}

/** Of this process, or of this thread where there are several. */
const ofThisProcess = new ProcessAdmission();

/**
 * A connection is counted from its first moment, in its handshake; `settle` says that this is over. The address is
 * undefined as long as only that of a proxy is known: then the connection counts for the server alone.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #count: (limit: CountedLimit) => void;
  readonly #shares = new Map<string, Share>();
  readonly #connections: ServerShare;
  readonly #handshakes: ServerShare;

  constructor(limits: AdmissionLimits, count: (limit: CountedLimit) => void, process = ofThisProcess) {
    this.#limits = limits;
    this.#count = count;
    this.#connections = new ServerShare(process.maxConnections, limits.maxConnections, undefined);
    this.#handshakes = new ServerShare(process.maxHandshakes, limits.maxHandshakes, undefined);
  }

  /** Counts a connection in, unless one of the caps is reached. */
  enter(address: string | undefined): boolean {
    if (this.#connections.exceeds(1)) return this.#refuse('maxConnections');
    if (this.#handshakes.exceeds(1)) return this.#refuse('maxHandshakes');
    if (address !== undefined && !this.identify(address)) return false;
    this.#connections.change(1);
    this.#handshakes.change(1);
    return true;
  }

  /** Counts for its address a connection that is counted for the server, unless one of the caps is reached. */
  identify(address: string): boolean {
    const group = addressGroup(address);
    const share = this.#shares.get(group) ?? { connections: 0, handshakes: 0 };
    if (share.connections >= this.#limits.maxConnectionsPerAddress) {
      return this.#refuse('maxConnectionsPerAddress');
    }
    if (share.handshakes >= this.#limits.maxHandshakesPerAddress) {
      return this.#refuse('maxHandshakesPerAddress');
    }
    share.connections += 1;
    share.handshakes += 1;
    this.#shares.set(group, share);
    return true;
  }

  /** The opening handshake is over; the connection stays. */
  settle(address: string | undefined): void {
    this.#handshakes.change(-1);
    const share = address === undefined ? undefined : this.#shares.get(addressGroup(address));
    if (share !== undefined) share.handshakes -= 1;
  }

  /** The connection is gone, after its handshake. */
  leave(address: string | undefined): void {
    this.#connections.change(-1);
    if (address === undefined) return;
    const group = addressGroup(address);
    const share = this.#shares.get(group);
    if (share === undefined) return;
    share.connections -= 1;
    if (share.connections === 0) this.#shares.delete(group);
  }

  #refuse(limit: CountedLimit): false {
    this.#count(limit);
    return false;
  }
}
