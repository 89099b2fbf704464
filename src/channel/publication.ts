// A publication: one value in a channel, at its place in the order.

/**
 * What a publication may carry: what JSON has, and bytes. Numbers are finite; records come out of a codec with a null
 * prototype. A value handed to a broker or received from one is shared by all its readers: nobody alters it.
 */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly PlainData[]
  | { readonly [name: string]: PlainData };

/** What is asked to be published: a publication that has no place yet. */
export interface Draft<Data = PlainData> {
  readonly data: Data;
  /** Who publishes: the authenticated subject, written by the server. Scopes `producer` and `dedupeKey`. */
  readonly publisher?: string;
  /** Makes an automatic retry safe: the same `sequence` again gives the same answer again. */
  readonly producer?: ProducerStamp;
  /** The caller's own dedupe key, 1–128 characters: within the announced window only the first one is appended. */
  readonly dedupeKey?: string;
  /** `state` only, and needed there: which value this replaces. 1–128 characters. */
  readonly stateKey?: string;
  /** `state` only: the key is taken away; `data` is `null`. */
  readonly removed?: true;
}

/** Counts what one producer published in one channel, from 1, without holes. */
export interface ProducerStamp {
  /** Chosen by the producer: at least 64 random bits, 1–64 characters. */
  readonly id: string;
  readonly sequence: number;
}

export interface Publication<Data = PlainData> {
  /** Its offset in the epoch of the log or subscription it came from; 0 in a channel that stores nothing. */
  readonly offset: number;
  readonly data: Data;
  /** Wall time at the sequencer, milliseconds since 1970. For people: nothing is ordered by it. */
  readonly publishedAt: number;
  readonly publisher?: string;
  readonly stateKey?: string;
  readonly removed?: true;
}

export const maxProducerIdLength = 64;
export const maxDedupeKeyLength = 128;
export const maxStateKeyLength = 128;
