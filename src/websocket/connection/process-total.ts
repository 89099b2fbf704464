// Amounts that all servers of a process hold together: each has a limit of its own, and all of them the highest of these.

/** One amount, such as the bytes that wait to be sent. */
export class ProcessTotal<Owner> {
  /** The servers that hold some of it now. */
  readonly #holders = new Set<ServerShare<Owner>>();
  #amount = 0;

  /** Who holds some of it now. */
  get owners(): Owner[] {
    return [...this.#holders].map(({ owner }) => owner);
  }

  /** Called by its shares. */
  change(share: ServerShare<Owner>, by: number): void {
    this.#amount += by;
    if (share.amount === 0) this.#holders.delete(share);
    else this.#holders.add(share);
  }

  /** Whether `more` would be too much for all together. The limit is looked up only where one server's is exceeded. */
  exceeds(limit: number, more: number): boolean {
    if (this.#amount + more <= limit) return false;
    let highest = limit;
    for (const holder of this.#holders) highest = Math.max(highest, holder.limit);
    return this.#amount + more > highest;
  }
}

/** What one server holds of it. */
export class ServerShare<Owner = unknown> {
  readonly limit: number;
  readonly owner: Owner;
  readonly #total: ProcessTotal<Owner>;
  amount = 0;

  constructor(total: ProcessTotal<Owner>, limit: number, owner: Owner) {
    this.#total = total;
    this.limit = limit;
    this.owner = owner;
  }

  change(by: number): void {
    this.amount += by;
    this.#total.change(this, by);
  }

  /** Whether the server itself would hold too much with `more`, or all servers together would. */
  exceeds(more = 0): 'server' | 'process' | undefined {
    if (this.amount + more > this.limit) return 'server';
    return this.#total.exceeds(this.limit, more) ? 'process' : undefined;
  }
}
