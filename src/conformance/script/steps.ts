// The words in which cases are written: what the suite sends, and what the endpoint is expected to answer.

import type { Frame, Payload } from '../wire/frame.ts';

export type Step =
  | { readonly type: 'send'; readonly frames: readonly Frame[]; readonly how: Pieces }
  | { readonly type: 'send bytes'; readonly bytes: Buffer; readonly pauseMs: number }
  | { readonly type: 'end' }
  | { readonly type: 'stop reading'; readonly untilSent: number }
  | {
      readonly type: 'message';
      readonly kind: 'text' | 'binary';
      readonly data: Buffer;
      readonly or?: 'lost' | 'limit';
    }
  | {
      readonly type: 'messages';
      readonly kind: 'text' | 'binary';
      readonly data: Buffer;
      readonly count: number;
      readonly mayEnd?: boolean;
    }
  | { readonly type: 'pong'; readonly data: Buffer; readonly may: boolean }
  | { readonly type: 'pongs'; readonly data: readonly Buffer[]; readonly mayEnd: boolean }
  | { readonly type: 'together'; readonly steps: readonly Answer[] }
  | { readonly type: 'failure'; readonly codes: readonly number[]; readonly unless: Unless }
  | { readonly type: 'closing'; readonly close: Frame; readonly code: number | undefined }
  | { readonly type: 'closed'; readonly code: number | undefined }
  | { readonly type: 'ended'; readonly silently: boolean }
  | { readonly type: 'observe' };

/** What answers a frame and may come in another order than the frames did. */
export type Answer = Extract<Step, { type: 'message' | 'pong' }>;

/** How the bytes leave: all at once, in pieces of some size, or cut at these offsets. */
export interface Pieces {
  readonly bytesEach?: number;
  readonly cutAt?: readonly number[];
  readonly pauseMs?: number;
}

/** Ways out of an expected failure that the RFC does not forbid, so they are acceptable. */
export interface Unless {
  /** The endpoint carries on and echoes. */
  readonly echoes?: boolean;
  /** The endpoint waits for more. */
  readonly waits?: boolean;
  /** The endpoint notices only when this has been sent as well. */
  readonly later?: readonly Frame[] | Buffer;
  /** The endpoint closes without an error: code 1000, or the code it was sent. */
  readonly closes?: boolean;
}

const bytes = (payload: Payload): Buffer =>
  typeof payload === 'string'
    ? Buffer.from(payload)
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);

export const send = Object.assign(
  (...frames: readonly Frame[]): Step => ({ type: 'send', frames, how: {} }),
  {
    /** Sends the frames in writes of so many bytes. */
    chopped: (bytesEach: number, ...frames: readonly Frame[]): Step => ({
      type: 'send',
      frames,
      how: { bytesEach },
    }),
    /** Sends the frames in writes of so many bytes, with pauses in between. */
    slowly: (bytesEach: number, pauseMs: number, ...frames: readonly Frame[]): Step => ({
      type: 'send',
      frames,
      how: { bytesEach, pauseMs },
    }),
    /** Cuts the bytes of the frames at these offsets. */
    cutAt: (offsets: readonly number[], ...frames: readonly Frame[]): Step => ({
      type: 'send',
      frames,
      how: { cutAt: offsets, pauseMs: 5 },
    }),
    /** Sends raw bytes, given in hexadecimal or as they are. */
    bytes: (raw: string | Buffer): Step => ({
      type: 'send bytes',
      bytes: typeof raw === 'string' ? Buffer.from(raw.replaceAll(' ', ''), 'hex') : raw,
      pauseMs: 0,
    }),
    /** Ends the suite's side of the connection (a FIN), and goes on reading. */
    end: (): Step => ({ type: 'end' }),
  },
);

/** Fails the endpoint must show, by close code (7.1.7), and everything else it must answer. */
export const expect = Object.freeze({
  text: (text: Payload): Step => ({ type: 'message', kind: 'text', data: bytes(text) }),
  binary: (data: Payload): Step => ({ type: 'message', kind: 'binary', data: bytes(data) }),
  /** The same message so many times. */
  texts: (count: number, text: Payload): Step => ({
    type: 'messages',
    kind: 'text',
    data: bytes(text),
    count,
  }),
  binaries: (count: number, data: Payload): Step => ({
    type: 'messages',
    kind: 'binary',
    data: bytes(data),
    count,
  }),
  /** An echo that may be lost because the connection fails after it. */
  perhapsText: (text: Payload): Step => ({ type: 'message', kind: 'text', data: bytes(text), or: 'lost' }),
  /** An echo, or a Close that says the message is beyond a limit of the endpoint (10.4). */
  textOrLimit: (text: Payload): Step => ({ type: 'message', kind: 'text', data: bytes(text), or: 'limit' }),
  binaryOrLimit: (data: Payload): Step => ({
    type: 'message',
    kind: 'binary',
    data: bytes(data),
    or: 'limit',
  }),
  pong: (data: Payload = ''): Step => ({ type: 'pong', data: bytes(data), may: false }),
  perhapsPong: (data: Payload = ''): Step => ({ type: 'pong', data: bytes(data), may: true }),
  /** Messages in this order, and Pongs, which may come before or after any of them (5.5.3 only says: soon). */
  together: (...steps: readonly Step[]): Step => ({ type: 'together', steps: steps as readonly Answer[] }),
  /** Pongs for all of these, or for the last only (5.5.3 allows both). */
  pongs: (data: readonly Payload[]): Step => ({ type: 'pongs', data: data.map(bytes), mayEnd: false }),
  /** The same of a flood, against which an endpoint may defend itself by ending the connection (10.4). */
  pongsOfFlood: (data: readonly Payload[]): Step => ({ type: 'pongs', data: data.map(bytes), mayEnd: true }),
  /** The endpoint fails the connection, with one of these codes in its Close frame. */
  failure: (codes: number | readonly number[], unless: Unless = {}): Step => ({
    type: 'failure',
    codes: typeof codes === 'number' ? [codes] : codes,
    unless,
  }),
  /** The endpoint answers a Close that was sent with this code (or without one), and the connection ends. */
  closed: (code?: number): Step => ({ type: 'closed', code }),
  /** So many messages, or fewer and then the end: a policy against those who do not read. */
  binariesOrEnd: (count: number, data: Payload): Step => ({
    type: 'messages',
    kind: 'binary',
    data: bytes(data),
    count,
    mayEnd: true,
  }),
  /** The connection ends, in whatever way. */
  ended: (): Step => ({ type: 'ended', silently: false }),
  /** The connection ends, and no message comes before. */
  endedSilently: (): Step => ({ type: 'ended', silently: true }),
});

/** Sends this Close frame and expects the closing handshake, with the same code in the answer. */
export const closing = (close: Frame, code: number | undefined): Step => ({ type: 'closing', close, code });

/** Only looks at what the endpoint does next, and reports it. */
export const observe = (): Step => ({ type: 'observe' });

/** Does not read for as long as it takes to send so many bytes of frames. */
export const stopReading = (untilSent: number): Step => ({ type: 'stop reading', untilSent });

/** The steps after which the connection is over. */
export function endsConnection(step: Step): boolean {
  return ['failure', 'closing', 'closed', 'ended', 'observe'].includes(step.type);
}
