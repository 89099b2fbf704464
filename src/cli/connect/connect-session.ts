// One connection of `tidewire connect`: sends, times the answers, and tells an output what happens.

import { setTimeout as delay } from 'node:timers/promises';
import type { CloseEvent, WebSocket } from '../../websocket/index.ts';
import { ExitCode } from '../exit-code.ts';
import type { ConnectOutput } from './connect-output.ts';
import { slashHelp, type TypedLine } from './slash-command.ts';

/** While more than this waits to be sent, no more is read from the standard input. */
const highWaterBytes = 1024 * 1024;

/** Ends that are no fault: done, going away, and a Close without a code. */
const normalCodes: ReadonlySet<number> = new Set([1000, 1001, 1005]);

export class ConnectSession {
  readonly #socket: WebSocket;
  readonly #output: ConnectOutput;
  readonly #pingedAt: number[] = [];
  #sentAt: number | undefined;
  #closedByUs = false;
  /** Resolves to the exit status that tells how the connection ended. */
  readonly ended: Promise<ExitCode>;

  /** @param socket Open, and set to receive binary messages as ArrayBuffers. */
  constructor(socket: WebSocket, output: ConnectOutput) {
    this.#socket = socket;
    this.#output = output;
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('ping', ({ data }) => output.ping(data));
    socket.addEventListener('pong', ({ data }) => output.pong(data, since(this.#pingedAt.shift())));
    this.ended = new Promise((resolve) => {
      socket.addEventListener('close', (event) => {
        output.closed(event.code, event.reason);
        resolve(this.#exitCode(event));
      });
    });
  }

  /** Does what a typed line asks for. Throws `UsageError` on a close code or a Ping that cannot be. */
  perform(line: TypedLine): void {
    switch (line.type) {
      case 'send':
        this.send(line.text);
        return;
      case 'ping':
        this.#socket.ping(line.text);
        this.#pingedAt.push(performance.now());
        return;
      case 'pong':
        this.#socket.pong(line.text);
        return;
      case 'close':
        this.close(line.code, line.reason);
        return;
      case 'help':
        this.#output.hint(slashHelp);
        return;
      case 'mistake':
        this.#output.hint(line.advice);
        return;
      default:
        line satisfies never;
    }
  }

  send(text: string): void {
    this.#socket.send(text);
    this.#sentAt = performance.now();
  }

  /** Resolves when there is room to send more. */
  async ready(): Promise<void> {
    while (this.#socket.readyState === 1 && this.#socket.bufferedAmount > highWaterBytes) await delay(5);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code ?? 1000, reason);
    this.#closedByUs = true;
  }

  #receive(data: unknown): void {
    const elapsedMs = since(this.#sentAt);
    this.#sentAt = undefined;
    if (typeof data === 'string') {
      this.#output.message(data, { bytes: Buffer.byteLength(data), elapsedMs });
    } else if (data instanceof ArrayBuffer) {
      this.#output.message(new Uint8Array(data), { bytes: data.byteLength, elapsedMs });
    }
  }

  #exitCode({ code, wasClean }: CloseEvent): ExitCode {
    if (this.#closedByUs && wasClean) return ExitCode.Ok;
    return normalCodes.has(code) ? ExitCode.Ok : ExitCode.Disconnected;
  }
}

function since(start: number | undefined): number | undefined {
  return start === undefined ? undefined : performance.now() - start;
}
