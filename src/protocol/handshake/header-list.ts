// The fields of a head, found by their names in any case, and the smallest view of them that a handshake needs.

/** Where a check looks up fields. `name` is given in lower case; several fields of one name come joined by `, `. */
export interface HeaderLookup {
  get(name: string): string | undefined;
}

/** A field to be written: its name and its value. */
export type HeaderField = readonly [name: string, value: string];

/** The fields of one head, in the order in which their names first came. Any name is an ordinary name. */
export class HeaderList implements HeaderLookup, Iterable<HeaderField> {
  readonly #fields = new Map<string, string>();

  /** The number of different names. */
  get size(): number {
    return this.#fields.size;
  }

  /** The value of a field whose name is given in any case; values of a repeated field are joined. */
  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase());
  }

  has(name: string): boolean {
    return this.#fields.has(name.toLowerCase());
  }

  /** The names, in lower case, with their values. */
  [Symbol.iterator](): Iterator<HeaderField> {
    return this.#fields[Symbol.iterator]();
  }

  /** Adds a field as the parser found it; `name` is in lower case. */
  append(name: string, value: string): void {
    const before = this.#fields.get(name);
    // RFC 9113, 8.2.3. Cookies are joined by a semicolon, where others are by a comma.
    const separator = name === 'cookie' ? '; ' : ', ';
    this.#fields.set(name, before === undefined ? value : before + separator + value);
  }

  /** Adds a further line to the value of the field that was appended last. One with nothing in it adds nothing. */
  extend(name: string, value: string): void {
    if (value === '') return;
    const before = this.#fields.get(name) ?? '';
    this.#fields.set(name, before === '' ? value : `${before} ${value}`);
  }
}
