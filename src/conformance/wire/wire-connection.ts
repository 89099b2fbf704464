// One raw connection to the endpoint under test: what was sent, what came back, and waiting for the next thing.

import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { DeflateContext, type DeflateParameters } from './deflate.ts';
import { describePayload, type Frame, type FrameContext } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { describeEvent, type WireEvent } from './wire-event.ts';

const maxTranscriptLines = 40;
const maxWaitingEvents = 100_000;

export interface WireConnectionOptions {
  /** The side on which the suite stands: it is the client of a server under test, and the server of a client. */
  readonly suiteIs: 'client' | 'server';
  /** What was agreed for permessage-deflate, if it was. */
  readonly deflate: DeflateParameters | undefined;
  /** Bytes that came together with the opening handshake. */
  readonly head: Buffer;
}

export class WireConnection {
  readonly suiteIs: 'client' | 'server';
  readonly deflate: DeflateParameters | undefined;
  readonly transcript: string[] = [];
  readonly #stream: Duplex;
  readonly #reader: FrameReader;
  readonly #context: FrameContext;
  readonly #events: WireEvent[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(stream: Duplex, options: WireConnectionOptions) {
    this.suiteIs = options.suiteIs;
    this.deflate = options.deflate;
    this.#stream = stream;
    const deflate = options.deflate && new DeflateContext(options.deflate, options.suiteIs);
    this.#context = {
      masks: options.suiteIs === 'client',
      compress: deflate && ((payload) => deflate.compress(payload)),
    };
    this.#reader = new FrameReader({
      masked: options.suiteIs === 'server',
      deflate,
      onEvent: (event) => this.#push(event),
    });
    stream.on('data', (chunk: Buffer) => this.#reader.receive(chunk));
    stream.once('end', () => this.#end(false));
    stream.once('error', () => this.#end(true));
    stream.once('close', () => this.#end(false));
    if (options.head.length > 0) this.#reader.receive(options.head);
    if (stream.destroyed || stream.readableEnded) this.#end(false);
    else stream.resume();
  }

  /** The endpoint has ended its side, or the connection is gone. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Writes frames in one piece. */
  send(...frames: Frame[]): void {
    for (const each of frames) this.#log('→', each.describe());
    this.write(this.serialize(frames));
  }

  serialize(frames: readonly Frame[]): Buffer {
    return Buffer.concat(frames.map((each) => each.serialize(this.#context)));
  }

  /** Notes frames or bytes that are going to be written in pieces. */
  note(text: string): void {
    this.#log('→', text);
  }

  sendBytes(bytes: Buffer): void {
    this.#log('→', `bytes ${describePayload(bytes)}`);
    this.write(bytes);
  }

  write(bytes: Buffer): void {
    if (this.#stream.writable) this.#stream.write(bytes);
  }

  /** Writes each piece alone; the event loop turns in between, so that they leave as segments of their own. */
  async writePieces(pieces: readonly Buffer[], pauseMs = 0): Promise<void> {
    for (const piece of pieces) {
      if (this.#ended || !this.#stream.writable) return;
      const more = this.#stream.write(piece);
      if (!more) await this.#settled('drain');
      await (pauseMs === 0 ? turn() : this.#pause(pauseMs));
    }
  }

  /** Ends the suite's side: a FIN, or the end of the stream. */
  end(): void {
    this.#log('→', 'end of the connection');
    this.#stream.end();
  }

  /** Stops reading, so that the endpoint meets backpressure. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** The next event, or `undefined` when none comes within the time. */
  async next(timeoutMs: number): Promise<WireEvent | undefined> {
    if (this.#events.length === 0 && timeoutMs > 0) await this.#pause(timeoutMs);
    return this.#events.shift();
  }

  /** Puts an event back: the next step is to see it first. */
  putBack(event: WireEvent): void {
    this.#events.unshift(event);
  }

  #pause(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#wake = wake;
    });
  }

  #settled(event: 'drain'): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off(event, done).off('close', done);
        resolve();
      };
      this.#stream.once(event, done).once('close', done);
    });
  }

  #push(event: WireEvent): void {
    this.#log('←', describeEvent(event));
    if (this.#events.length < maxWaitingEvents) this.#events.push(event);
    this.#wake?.();
  }

  #end(reset: boolean): void {
    if (this.#ended) return;
    if (!reset && this.#reader.unfinishedBytes > 0) {
      this.#push({ type: 'violation', text: 'the connection ended inside a frame' });
    }
    this.#ended = true;
    this.#push({ type: 'end', reset });
  }

  #log(arrow: '→' | '←', text: string): void {
    if (this.transcript.length < maxTranscriptLines) this.transcript.push(`${arrow} ${text}`);
    else if (this.transcript.length === maxTranscriptLines) this.transcript.push('…');
  }
}
