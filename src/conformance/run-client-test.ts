// Runs the cases against a client: listens, plays the case whose address the client connects to, and keeps the verdicts.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { type Selection, selectCases } from './case-selection.ts';
import { openClient } from './client-opening.ts';
import { type CaseResult, countVerdicts, type RunResult } from './result.ts';
import type { Case } from './script/case.ts';
import { acceptFor, response } from './script/opening.ts';
import { play } from './script/player.ts';
import { failed, type Outcome, skipped, worse } from './script/verdict.ts';
import { frame } from './wire/frame.ts';
import { headerOf, type ReceivedHead, readHead } from './wire/http-head.ts';
import { WireConnection } from './wire/wire-connection.ts';

export interface ClientTestOptions extends Selection {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** `0` lets the system choose. @default 0 */
  readonly port?: number;
  /** How long each step may take, in milliseconds. @default 5000 */
  readonly deadlineMs?: number;
  readonly onResult?: (result: CaseResult, done: number, total: number) => void;
}

interface Run {
  readonly startedAt: Date;
  readonly results: Map<string, CaseResult>;
}

/**
 * A server that tests whatever client connects to it:
 *
 * - `/cases` gives the ids of all cases, as a JSON array;
 * - `/case/ID?agent=NAME` plays one case: the client echoes every message as it came;
 * - `/report?agent=NAME` ends the run of that client and gives its result, as JSON.
 *
 * `/cases` and `/report` answer a plain GET as well as a WebSocket, which receives one text message.
 */
export class ClientTest {
  readonly #options: ClientTestOptions;
  readonly #deadlineMs: number;
  readonly #cases: readonly Case[];
  readonly #byId: ReadonlyMap<string, Case>;
  readonly #runs = new Map<string, Run>();
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #waiting: ((run: RunResult) => void)[] = [];

  constructor(options: ClientTestOptions = {}) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? 5000;
    this.#cases = selectCases('client', 'http/1.1', options);
    this.#byId = new Map(this.#cases.map((each) => [each.id, each]));
    this.#server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}); // readHead and WireConnection see it as the end of the connection.
      socket.on('close', () => this.#sockets.delete(socket));
      void this.#serve(socket).finally(() => socket.destroySoon());
    });
  }

  /** Starts to listen, and gives the address for clients. Rejects when the port is taken. */
  async listen(): Promise<string> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const address = this.#server.address() as AddressInfo;
    return `ws://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }

  /** The result of the next client that asks for its report. */
  finished(): Promise<RunResult> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(socket: net.Socket): Promise<void> {
    const head = await readHead(socket, this.#deadlineMs);
    if (head.type !== 'head') return;
    const target = new URL(head.startLine.split(' ')[1] ?? '/', 'ws://suite');
    const agent = target.searchParams.get('agent') ?? 'unnamed';
    const [, kind, ...rest] = target.pathname.split('/');
    if (kind === 'case')
      await this.#serveCase(socket, { head, agent, id: decodeURIComponent(rest.join('/')) });
    else if (kind === 'cases') await this.#answer(socket, head, JSON.stringify([...this.#byId.keys()]));
    else if (kind === 'report') await this.#report(socket, head, agent);
    else socket.write('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }

  async #serveCase(
    socket: net.Socket,
    { head, agent, id }: { head: ReceivedHead; agent: string; id: string },
  ): Promise<void> {
    const each = this.#byId.get(id);
    if (each === undefined) {
      socket.write('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const started = performance.now();
    let outcome: Outcome;
    let transcript: readonly string[] = [];
    try {
      const opened = await openClient(each, socket, { head, deadlineMs: this.#deadlineMs });
      outcome = opened.outcome;
      if (opened.connection !== undefined) {
        outcome = worse(outcome, await play(each, opened.connection, this.#deadlineMs));
        transcript = opened.connection.transcript;
      }
    } catch (error) {
      outcome = failed(`the suite could not play the case: ${(error as Error).message}`);
    }
    const run = this.#runOf(agent);
    const result = {
      ...labelsOf(each),
      ...outcome,
      milliseconds: Math.round(performance.now() - started),
      transcript: outcome.verdict === 'strict' ? [] : transcript,
    };
    run.results.set(id, result);
    this.#options.onResult?.(result, run.results.size, this.#cases.length);
  }

  async #report(socket: net.Socket, head: ReceivedHead, agent: string): Promise<void> {
    const run = this.#runOf(agent);
    this.#runs.delete(agent);
    const results = this.#cases.map((each): CaseResult => {
      const missing = skipped('the client did not ask for this case');
      return run.results.get(each.id) ?? { ...labelsOf(each), ...missing, milliseconds: 0, transcript: [] };
    });
    const result: RunResult = {
      format: 'tidewire-conform/1',
      name: agent,
      role: 'client',
      transport: 'http/1.1',
      startedAt: run.startedAt.toISOString(),
      milliseconds: Date.now() - run.startedAt.getTime(),
      results,
    };
    await this.#answer(socket, head, JSON.stringify({ agent, counts: countVerdicts(results) }));
    for (const resolve of this.#waiting.splice(0)) resolve(result);
  }

  #runOf(agent: string): Run {
    let run = this.#runs.get(agent);
    if (run === undefined) {
      run = { startedAt: new Date(), results: new Map() };
      this.#runs.set(agent, run);
    }
    return run;
  }

  /** One text: the body of an HTTP answer, or the one message of a WebSocket. */
  async #answer(socket: net.Socket, head: ReceivedHead, text: string): Promise<void> {
    const key = headerOf(head, 'sec-websocket-key');
    if (key === undefined) {
      const length = Buffer.byteLength(text);
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${text}`,
      );
      return;
    }
    socket.write(response().serialize(new Map([['accept', acceptFor(key)]])));
    const connection = new WireConnection(socket, { suiteIs: 'server', deflate: undefined, head: head.rest });
    connection.send(frame.text(text), frame.close(1000));
    await connection.next(this.#deadlineMs);
  }
}

const labelsOf = ({ id, section, title }: Case) => ({ id, section, title });
