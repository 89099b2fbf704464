// The HTTP/2 sessions of a server's own port: each carries many WebSockets, and nothing else.

import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { httpHeadLimitDefaults } from '../../protocol/index.ts';
import { timerWheel, type WheelEntry } from '../connection/timer-wheel.ts';
import { loopTurn } from '../loop-turn.ts';
import { endReadingOfTurn } from '../streams/session-reading.ts';
import { widenSession } from '../streams/session-window.ts';
import { Admission, type AdmissionLimits, ProcessAdmission } from './admission.ts';
import type { CountedLimit } from './server-counters.ts';

/**
 * Node resets every new stream of a session that holds more than this, in MB. What waits on each socket has a limit of its
 * own, `maxQueuedBytes`: a proxy that carries many sockets on one session must not lose them all to a few slow readers.
 */
const MAX_SESSION_MEGABYTES = 2048;

const sessionOptions: ServerOptions = {
  maxSessionMemory: MAX_SESSION_MEGABYTES,
  maxHeaderListPairs: httpHeadLimitDefaults.maxHeaders,
  settings: {
    enableConnectProtocol: true,
    maxConcurrentStreams: 1_000,
    maxHeaderListSize: httpHeadLimitDefaults.maxHeadBytes,
  },
};

/** Takes a stream over, with the fields of its request. */
export type ReceiveStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface SessionsCore {
  readonly isAccepting: boolean;
  readonly settings: { readonly limits: AdmissionLimits; readonly handshakeTimeoutMs: number };
  count(limit: CountedLimit): void;
}

export class Http2Sessions {
  readonly #core: SessionsCore;
  readonly #receiveStream: ReceiveStream;
  /** Sessions are counted as connections are, each for itself: an idle one costs as much. */
  readonly #admission: Admission;
  readonly #open = new Set<Session>();

  constructor(core: SessionsCore, receiveStream: ReceiveStream) {
    this.#core = core;
    this.#receiveStream = receiveStream;
    this.#admission = new Admission(
      core.settings.limits,
      (limit) => core.count(limit),
      new ProcessAdmission(),
    );
  }

  /** Begins a session on a socket that nobody else reads any more. */
  receiveSocket(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    // Node's session listens as well, but not in every version for as long as an error may come (CVE-2025-59465).
    socket.on('error', () => undefined);
    // A session does not outlive its client's side of the TCP connection: streams have an end of their own.
    socket.allowHalfOpen = false;
    if (!this.#core.isAccepting || !this.#admission.enter(address)) {
      socket.destroy();
      return;
    }
    this.#admission.settle(address);
    const session = new Session(socket, {
      idleMs: this.#core.settings.handshakeTimeoutMs,
      receiveStream: this.#receiveStream,
      onUnused: () => this.#core.count('handshakeTimeoutMs'),
      onClose: () => {
        this.#open.delete(session);
        this.#admission.leave(address);
      },
    });
    this.#open.add(session);
  }

  /** Takes no new streams; each session ends with its last one. */
  close(): void {
    for (const session of this.#open) session.close();
  }
}

interface SessionOwner {
  /** How long a session may be without a stream. */
  readonly idleMs: number;
  readonly receiveStream: ReceiveStream;
  /** It ended without ever having had a stream. */
  onUnused(): void;
  onClose(): void;
}

class Session implements WheelEntry {
  wheelTick = 0;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #idleMs: number;
  readonly #onUnused: () => void;
  #streams = 0;
  #wasUsed = false;
  #isWaiting = false;

  constructor(socket: Socket, { idleMs, receiveStream, onUnused, onClose }: SessionOwner) {
    const session = performServerHandshake(socket, sessionOptions);
    this.#socket = socket;
    this.#session = session;
    this.#idleMs = idleMs;
    this.#onUnused = onUnused;
    // The streams of a broken session are told of it, and the connections on them.
    session.on('error', () => undefined);
    session.on('close', () => {
      timerWheel.cancel(this);
      onClose();
    });
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.#follow(stream);
      receiveStream(stream, headers);
      this.#leaveTurn();
    });
    widenSession(session);
    timerWheel.schedule(this, idleMs);
  }

  close(): void {
    this.#session.close();
  }

  /** Too long without a stream. */
  receiveDeadline(): void {
    if (!this.#wasUsed) this.#onUnused();
    this.#session.destroy();
  }

  /** A peer that asks for much, and perhaps resets it at once, leaves some of each turn to others. */
  #leaveTurn(): void {
    if (this.#isWaiting || !loopTurn.isLong(performance.now())) return;
    this.#isWaiting = true;
    endReadingOfTurn(this.#socket, () => {
      this.#isWaiting = false;
    });
  }

  #follow(stream: ServerHttp2Stream): void {
    timerWheel.cancel(this);
    this.#streams += 1;
    this.#wasUsed = true;
    stream.on('close', () => {
      this.#streams -= 1;
      if (this.#streams === 0 && !this.#session.destroyed) timerWheel.schedule(this, this.#idleMs);
    });
  }
}

/** RFC 9113, 3.4. "the client connection preface starts with a sequence of 24 octets". */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Whether the first bytes of a socket begin HTTP/2; undefined while there are too few of them to say. */
export function startsHttp2(bytes: Buffer): boolean | undefined {
  const length = Math.min(bytes.length, preface.length);
  if (bytes.compare(preface, 0, length, 0, length) !== 0) return false;
  return bytes.length >= preface.length ? true : undefined;
}
