// Counts connections, in the process and by address, and says when there are too many.

export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

export class Admission {
  /** How many were turned away. */
  refused = 0;
  readonly #limits: AdmissionLimits;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Counts a connection in, unless one of the caps is reached. */
  enter(address: string): boolean {
    const fromThere = this.#perAddress.get(address) ?? 0;
    if (this.#total >= this.#limits.maxConnections || fromThere >= this.#limits.maxConnectionsPerAddress) {
      this.refused += 1;
      return false;
    }
    this.#total += 1;
    this.#perAddress.set(address, fromThere + 1);
    return true;
  }

  leave(address: string): void {
    const fromThere = this.#perAddress.get(address) ?? 0;
    if (fromThere <= 1) this.#perAddress.delete(address);
    else this.#perAddress.set(address, fromThere - 1);
    this.#total -= 1;
  }
}
