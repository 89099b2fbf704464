// What a conformance case is: data, written by hand or generated from a table.

import type { DeflateParameters } from '../wire/deflate.ts';
import type { ClientOpening, ServerOpening } from './opening.ts';
import type { Step } from './steps.ts';

export interface Case {
  /** Stable and readable: `framing.length.text-65536`. The part before the first dot names its group. */
  readonly id: string;
  /** The section it tests: `RFC 6455, 5.2`. */
  readonly section: string;
  /** A sentence about the endpoint. */
  readonly title: string;
  /**
   * What is sent and expected, in this order. Unless the last step ends the connection, a closing handshake with 1000
   * follows by itself, and must be answered.
   */
  readonly play: readonly Step[];
  /** Tests servers or clients only. @default both */
  readonly tests?: 'server' | 'client';
  /** Runs with permessage-deflate by these parameters, and is skipped where the endpoint does not agree to them. */
  readonly deflate?: DeflateParameters;
  /** What the suite sends as the opening handshake to a server, instead of a correct one. */
  readonly request?: ServerOpening;
  /** What the suite answers to a client's opening handshake, instead of a correct answer. */
  readonly response?: ClientOpening;
  /** The extended CONNECT by which the stream is opened, instead of a correct one (RFC 8441). */
  readonly http2?: Http2Opening;
  /** What the suite answers to a client's extended CONNECT, instead of a correct answer. */
  readonly http2Answer?: Http2Answer;
  /** Is skipped where the endpoint does not speak it at all. */
  readonly needs?: 'permessage-deflate';
  /** The RFC leaves the outcome open: whatever happens is reported, only an endless wait fails. */
  readonly informational?: boolean;
  /** Megabytes are moved: few of these run at once. */
  readonly heavy?: boolean;
  /** How long each step may take, in milliseconds. @default 5000 */
  readonly deadlineMs?: number;
}

/** Headers of an extended CONNECT that differ from a correct one; `undefined` leaves one out. */
export interface Http2Opening {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `accepted`, or the statuses of a strict refusal. */
  readonly expect: 'accepted' | readonly number[];
}

/** The answer to an extended CONNECT, in the place of a plain `:status 200`. */
export interface Http2Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A status that comes before the answer. */
  readonly interim?: number;
  /** Resets the stream with this error code, and answers nothing. */
  readonly reset?: number;
  readonly expect: 'accepted' | 'refused';
}

/** Gives the cases of one file their group. */
export interface Group {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

export function groupOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}
