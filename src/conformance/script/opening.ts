// The words for opening handshakes, right and wrong: a request to a server, or an answer to a client.

import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { DeflateParameters } from '../wire/deflate.ts';

type HeaderLine = readonly [name: string, value: string];

interface HeadFields {
  readonly startLine: string;
  readonly headers: readonly HeaderLine[];
  readonly lineEnd: string;
  readonly after: Buffer;
}

/** The head of an HTTP/1.1 message. `{path}`, `{host}`, `{key}` and `{accept}` stand for this connection's values. */
export class Head {
  readonly #fields: HeadFields;

  constructor(fields: HeadFields) {
    this.#fields = fields;
  }

  startLine(line: string): Head {
    return this.#with({ startLine: line });
  }

  /** Replaces a header where it stands, or adds it. */
  with(name: string, value: string): Head {
    const { headers } = this.#fields;
    const replaced = headers.map((line): HeaderLine => (same(line, name) ? [name, value] : line));
    return headers.some((line) => same(line, name))
      ? this.#with({ headers: replaced })
      : this.adding(name, value);
  }

  /** Adds a header line, even one that is there already. */
  adding(name: string, value: string): Head {
    return this.#with({ headers: [...this.#fields.headers, [name, value]] });
  }

  without(name: string): Head {
    return this.#with({ headers: this.#fields.headers.filter((line) => !same(line, name)) });
  }

  /** Spells every header's name differently. */
  named(change: (name: string) => string): Head {
    return this.#with({ headers: this.#fields.headers.map(([name, value]) => [change(name), value]) });
  }

  reversed(): Head {
    return this.#with({ headers: this.#fields.headers.toReversed() });
  }

  /** Ends lines with this instead of CR LF. */
  lineEnd(lineEnd: string): Head {
    return this.#with({ lineEnd });
  }

  /** Bytes that follow the empty line in the same write. */
  followedBy(bytes: string | Buffer): Head {
    return this.#with({ after: Buffer.from(bytes as string) });
  }

  serialize(values: ReadonlyMap<string, string>): Buffer {
    const { startLine, headers, lineEnd, after } = this.#fields;
    const lines = [startLine, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
    let text = lines.join(lineEnd);
    for (const [name, value] of values) text = text.replaceAll(`{${name}}`, value);
    return Buffer.concat([Buffer.from(text, 'latin1'), after]);
  }

  #with(change: Partial<HeadFields>): Head {
    return new Head({ ...this.#fields, ...change });
  }
}

const same = ([name]: HeaderLine, other: string) => name.toLowerCase() === other.toLowerCase();

/** A correct opening handshake of a client (4.1). */
export const request = (): Head =>
  new Head({
    startLine: 'GET {path} HTTP/1.1',
    headers: [
      ['Host', '{host}'],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', '{key}'],
      ['Sec-WebSocket-Version', '13'],
    ],
    lineEnd: '\r\n',
    after: Buffer.alloc(0),
  });

/** A correct answer of a server (4.2.2). */
export const response = (): Head =>
  new Head({
    startLine: 'HTTP/1.1 101 Switching Protocols',
    headers: [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', '{accept}'],
    ],
    lineEnd: '\r\n',
    after: Buffer.alloc(0),
  });

interface How {
  /** Sends the head in writes of so many bytes. */
  readonly bytesEach?: number;
  /** Waits between them. */
  readonly pauseMs?: number;
  /** Sends only so many bytes of the head; a negative number counts from its end. */
  readonly upTo?: number;
  /** Ends the suite's side after it. */
  readonly end?: boolean;
}

/** Permissions the RFC leaves to an endpoint that should refuse. */
export interface RefusalOptions extends How {
  /** Accepting is not forbidden. */
  readonly orAccepts?: boolean;
  /** Waiting for more is not forbidden. */
  readonly orWaits?: boolean;
  /** Any answer but 101 is strict: this is an ordinary request, and it depends on the path what it gets. */
  readonly anyStatus?: boolean;
  /** The refusal must carry this header. */
  readonly header?: { readonly name: string; readonly contains: string };
}

export interface ServerOpening extends How {
  readonly head: Head;
  readonly expect: 'accepted' | 'refused' | 'anything';
  /** Status codes of a strict refusal. */
  readonly statuses: readonly number[];
  readonly options: RefusalOptions;
  /** A handshake that should be accepted may be refused. */
  readonly orRefuses?: boolean;
  readonly negotiation?: Negotiation;
}

/** The extensions a server may answer with. */
export interface Negotiation {
  /** The valid offers; none when the server must decline. */
  readonly offers: readonly DeflateParameters[];
  /** The header is not of the grammar of 9.1, so the handshake must be failed; many overlook such a header. */
  readonly malformed: boolean;
  /** It is not clear whether the offers are valid, so declining is as strict as agreeing. */
  readonly unclear: boolean;
}

export interface ClientOpening extends How {
  readonly head: Head;
  readonly expect: 'accepted' | 'refused' | 'anything';
  readonly options: RefusalOptions;
}

/** A handshake that a server must accept. */
export const accepts = (head: Head, how: How & { orRefuses?: boolean } = {}): ServerOpening => ({
  head,
  expect: 'accepted',
  statuses: [],
  options: {},
  ...how,
});

/** A handshake that a server must refuse, with one of these status codes. */
export const refuses = (
  statuses: number | readonly number[],
  head: Head,
  options: RefusalOptions = {},
): ServerOpening => ({
  head,
  expect: 'refused',
  statuses: typeof statuses === 'number' ? [statuses] : statuses,
  options,
  ...options,
});

/** A handshake whose extensions must be declined, or answered as one of these offers allows. */
export const negotiates = (
  offers: 'declined' | readonly DeflateParameters[],
  head: Head,
  { malformed = false, unclear = false }: { malformed?: boolean; unclear?: boolean } = {},
): ServerOpening => ({
  ...accepts(head),
  negotiation: { offers: offers === 'declined' ? [] : offers, malformed, unclear },
});

/** A handshake whose outcome the RFC leaves open. */
export const anyAnswer = (head: Head, how: How = {}): ServerOpening => ({
  head,
  expect: 'anything',
  statuses: [],
  options: {},
  ...how,
});

/** An answer that a client must accept. */
export const clientAccepts = (head: Head, how: How = {}): ClientOpening => ({
  head,
  expect: 'accepted',
  options: {},
  ...how,
});

/** An answer upon which a client must fail the connection. */
export const clientRefuses = (head: Head, options: RefusalOptions = {}): ClientOpening => ({
  head,
  expect: 'refused',
  options,
  ...options,
});

export const clientAnything = (head: Head, how: How = {}): ClientOpening => ({
  head,
  expect: 'anything',
  options: {},
  ...how,
});

/** The bytes of an opening that leave, in the pieces the case asks for. */
export async function writeOpening(stream: Duplex, bytes: Buffer, how: How): Promise<void> {
  const { upTo, bytesEach = Math.max(1, bytes.length), pauseMs = 0 } = how;
  const sent = upTo === undefined ? bytes : bytes.subarray(0, upTo);
  for (let at = 0; at < sent.length && stream.writable; at += bytesEach) {
    stream.write(sent.subarray(at, at + bytesEach));
    if (at + bytesEach < sent.length) await wait(pauseMs);
  }
  if (how.end) stream.end();
}

/** 4.2.2, step 5.4: the proof that the server has read the key. */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
