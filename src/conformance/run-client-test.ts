// Runs the cases against a client: listens, plays the case whose address the client connects to, and keeps the verdicts.

import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { type Selection, selectCases } from './case-selection.ts';
import type { ClientRequest } from './client-request.ts';
import { readHttp1Request } from './http1-request.ts';
import { Http2Request } from './http2-request.ts';
import { type CaseResult, countVerdicts, type RunResult } from './result.ts';
import type { Case } from './script/case.ts';
import { play } from './script/player.ts';
import { failed, type Outcome, skipped, worse } from './script/verdict.ts';

export interface ClientTestOptions extends Selection {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** `0` lets the system choose. @default 0 */
  readonly port?: number;
  /** Speaks HTTP/2, in the clear: clients open their connections by extended CONNECT (RFC 8441). @default false */
  readonly http2?: boolean;
  /** How long each step may take, in milliseconds. @default 5000 */
  readonly deadlineMs?: number;
  readonly onResult?: (result: CaseResult, done: number, total: number) => void;
}

/** What the suite reads ahead of each stream, in bytes: the largest messages need not wait for the window to open. */
const streamWindowBytes = 1 << 20;

interface Run {
  readonly startedAt: Date;
  readonly results: Map<string, CaseResult>;
  /** The cases that are being played. */
  readonly playing: Set<Promise<unknown>>;
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
  readonly #transport: 'http/1.1' | 'http/2';
  readonly #cases: readonly Case[];
  readonly #byId: ReadonlyMap<string, Case>;
  readonly #runs = new Map<string, Run>();
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #waiting: ((run: RunResult) => void)[] = [];

  constructor(options: ClientTestOptions = {}) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? 5000;
    this.#transport = options.http2 ? 'http/2' : 'http/1.1';
    this.#cases = selectCases('client', this.#transport, options);
    this.#byId = new Map(this.#cases.map((each) => [each.id, each]));
    this.#server = options.http2 ? this.#createHttp2Server() : this.#createHttp1Server();
    this.#server.on('connection', (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
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

  #createHttp1Server(): net.Server {
    return net.createServer({ allowHalfOpen: true, noDelay: true }, async (socket) => {
      socket.on('error', () => {}); // readHead and WireConnection see it as the end of the connection.
      const request = await readHttp1Request(socket, this.#deadlineMs);
      if (request !== undefined) await this.#serve(request);
      socket.destroySoon();
    });
  }

  #createHttp2Server(): net.Server {
    const settings = { enableConnectProtocol: true, initialWindowSize: streamWindowBytes };
    // Node refuses streams while a session holds more than this; all of a client's cases may share one.
    const server = http2.createServer({ settings, maxSessionMemory: 1024 });
    server.on('stream', async (stream: http2.ServerHttp2Stream, headers) => {
      stream.on('error', () => {}); // WireConnection sees it as the end of the connection.
      await this.#serve(new Http2Request(stream, headers));
      if (!stream.closed) stream.close();
    });
    return server;
  }

  async #serve(request: ClientRequest): Promise<void> {
    const target = new URL(request.target, 'ws://suite');
    const agent = target.searchParams.get('agent') ?? 'unnamed';
    const [, kind, ...rest] = target.pathname.split('/');
    const id = decodeURIComponent(rest.join('/'));
    const each = kind === 'case' ? this.#byId.get(id) : undefined;
    if (each !== undefined) {
      const { playing } = this.#runOf(agent);
      const played = this.#serveCase(request, each, agent);
      playing.add(played);
      await played;
      playing.delete(played);
    } else if (kind === 'cases')
      await request.answer(JSON.stringify([...this.#byId.keys()]), this.#deadlineMs);
    else if (kind === 'report') await this.#report(request, agent);
    else request.refuse();
  }

  async #serveCase(request: ClientRequest, each: Case, agent: string): Promise<void> {
    const started = performance.now();
    let outcome: Outcome;
    let transcript: readonly string[] = [];
    try {
      const opened = await request.open(each, this.#deadlineMs);
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
    run.results.set(each.id, result);
    this.#options.onResult?.(result, run.results.size, this.#cases.length);
  }

  async #report(request: ClientRequest, agent: string): Promise<void> {
    const run = this.#runOf(agent);
    // A client may ask as soon as its last connection is closed, before the suite has seen the end of it.
    await Promise.all(run.playing);
    this.#runs.delete(agent);
    const results = this.#cases.map((each): CaseResult => {
      const missing = skipped('the client did not ask for this case');
      return run.results.get(each.id) ?? { ...labelsOf(each), ...missing, milliseconds: 0, transcript: [] };
    });
    const result: RunResult = {
      format: 'tidewire-conform/1',
      name: agent,
      role: 'client',
      transport: this.#transport,
      startedAt: run.startedAt.toISOString(),
      milliseconds: Date.now() - run.startedAt.getTime(),
      results,
    };
    const counts = countVerdicts(results);
    await request.answer(JSON.stringify({ agent, counts }), this.#deadlineMs);
    for (const resolve of this.#waiting.splice(0)) resolve(result);
  }

  #runOf(agent: string): Run {
    let run = this.#runs.get(agent);
    if (run === undefined) {
      run = { startedAt: new Date(), results: new Map(), playing: new Set() };
      this.#runs.set(agent, run);
    }
    return run;
  }
}

const labelsOf = ({ id, section, title }: Case) => ({ id, section, title });
