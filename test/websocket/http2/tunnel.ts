// A raw HTTP/2 client for tests: opens extended CONNECTs by hand, and reads the frames that come back.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { Endpoint, FIN, Opcode, serializeClosePayload, serializeFrame } from '../../../src/protocol/index.ts';

/** A session whose server has sent its settings; rejects when it closes before. */
export async function openSession(
  origin: string,
  options: ClientSessionOptions | SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(origin, options);
  session.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    session.on('remoteSettings', () => resolve());
    session.on('close', () => reject(new Error('the session was closed')));
  });
  return session;
}

/**
 * Cuts a session. Not from inside an event of it: Node 20 loops for ever in `session.destroy()` when one of the streams
 * has just been reset by the peer.
 */
export async function cutSession(session: ClientHttp2Session): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
}

export type Fields = Readonly<Record<string, string | string[] | undefined>>;

/** One extended CONNECT. What it receives is logged: `text hello`, `pong 00`, `close 1000 bye`, `end`. */
export class Tunnel {
  readonly stream: ClientHttp2Stream;
  readonly log: string[] = [];
  /** The head of the answer. */
  readonly response: Promise<IncomingHttpHeaders>;
  /** The body of a refusal. */
  readonly body: Promise<string>;
  /** The error code that the stream was closed with. */
  readonly closed: Promise<number>;
  readonly #waiting = new Set<() => void>();

  /** Fields that are undefined are left out of what every request has. */
  constructor(session: ClientHttp2Session, path: string, fields: Fields = {}) {
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': path,
      'sec-websocket-version': '13',
      ...fields,
    })) {
      if (value !== undefined) headers[name] = value;
    }
    const stream = session.request(headers, { endStream: false });
    this.stream = stream;
    stream.on('error', () => undefined);
    this.closed = new Promise((resolve) => stream.on('close', () => resolve(stream.rstCode)));
    const chunks: Buffer[] = [];
    this.body = new Promise((resolve) => stream.on('end', () => resolve(Buffer.concat(chunks).toString())));
    const endpoint = this.#endpoint();
    this.response = new Promise((resolve) => {
      stream.on('response', (head) => {
        stream.on('data', (chunk: Buffer) => {
          if (head[':status'] === 200) endpoint.receive(chunk);
          else chunks.push(chunk);
        });
        stream.on('end', () => this.#add('end'));
        resolve(head);
      });
    });
  }

  sendText(text: string): void {
    this.#sendFrame(Opcode.Text, Buffer.from(text));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#sendFrame(Opcode.Binary, bytes);
  }

  sendPing(text: string): void {
    this.#sendFrame(Opcode.Ping, Buffer.from(text));
  }

  sendClose(code?: number, reason?: string): void {
    this.#sendFrame(Opcode.Close, serializeClosePayload(code, reason));
  }

  /** Resolves when the log has so many lines. */
  count(lines: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.log.length < lines) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #sendFrame(opcode: number, payload: Uint8Array): void {
    this.stream.write(serializeFrame(FIN | opcode, payload, 0x5a3c_96f1));
  }

  #add(line: string): void {
    this.log.push(line);
    for (const look of [...this.#waiting]) look();
  }

  #endpoint(): Endpoint {
    const text = (bytes: Uint8Array, start: number, end: number): string =>
      Buffer.from(bytes.subarray(start, end)).toString();
    const endpoint: Endpoint = new Endpoint(
      {
        receiveMessage: (bytes, start, end) =>
          this.#add(endpoint.isText ? `text ${text(bytes, start, end)}` : `binary of ${end - start} bytes`),
        receivePing: (bytes, start, end) => this.#add(`ping ${text(bytes, start, end)}`),
        receivePong: (bytes, start, end) => this.#add(`pong ${text(bytes, start, end)}`),
        receiveClose: (code, reason) => this.#add(`close ${code} ${reason}`.trimEnd()),
        receiveError: (error) => this.#add(`error ${error.code}`),
        sendControl: () => undefined,
      },
      { role: 'client' },
    );
    return endpoint;
  }
}
