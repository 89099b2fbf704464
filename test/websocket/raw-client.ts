// A WebSocket client of raw bytes for tests of servers: it speaks well or badly, as each test wants.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { buildFrame, exampleKey, type FrameShape } from '../protocol/frame-bytes.ts';

export interface ReceivedFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly reserved: number;
  readonly payload: Buffer;
}

export interface RequestShape {
  /** @default '/' */
  readonly path?: string;
  /** Fields added to those that a handshake needs, or in their place. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The head of a request that asks for a WebSocket. */
export function upgradeRequest(
  { path = '/', headers = {} }: RequestShape = {},
  key = 'dGhlIHNhbXBsZSBub25jZQ==',
): string {
  const fields: Record<string, string | undefined> = {
    host: '127.0.0.1',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': key,
    'sec-websocket-version': '13',
    ...headers,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** A socket whose bytes are kept until a test asks for them. */
export class RawClient {
  readonly socket: Socket;
  /** Whether the server ended its side. */
  hasEnded = false;
  /** Whether the connection is gone, in whatever way. */
  isClosed = false;
  /** The error that the connection ended with. */
  error: NodeJS.ErrnoException | undefined;
  #received = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const wake = (): void => this.#wake?.();
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      wake();
    });
    socket.on('end', () => {
      this.hasEnded = true;
      wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.isClosed = true;
      wake();
    });
  }

  /** Connects, and sends nothing. */
  static async connect(port: number, options: Partial<NetConnectOpts> = {}): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', ...options } as NetConnectOpts);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Connects and does the opening handshake. */
  static async open(port: number, request: RequestShape = {}): Promise<RawClient> {
    const client = await RawClient.connect(port);
    await client.upgrade(request);
    return client;
  }

  /** Does the opening handshake, and gives the head of the answer. */
  async upgrade(request: RequestShape = {}): Promise<string> {
    const key = randomBytes(16).toString('base64');
    this.socket.write(upgradeRequest(request, key));
    const head = await this.head();
    assert.match(head, /^HTTP\/1\.1 101 /);
    const accept = createHash('sha1')
      .update(key + guid)
      .digest('base64');
    assert.ok(head.toLowerCase().includes(`sec-websocket-accept: ${accept.toLowerCase()}`), head);
    return head;
  }

  /** The next head of an answer, with its empty line. */
  async head(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end !== -1) return this.#take(end + 4).toString('latin1');
      await this.#more('an answer');
    }
  }

  /** Sends a masked frame. */
  send(shape: FrameShape): void {
    this.socket.write(buildFrame({ maskingKey: exampleKey, ...shape }));
  }

  sendText(text: string): void {
    this.send({ opcode: 1, payload: Buffer.from(text) });
  }

  sendClose(code = 1000): void {
    this.send({ opcode: 8, payload: Buffer.from([code >> 8, code & 0xff]) });
  }

  /** The next frame; fails when the connection ends before. */
  async frame(): Promise<ReceivedFrame> {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame !== undefined) return frame;
      await this.#more('a frame');
    }
  }

  /** The text of the next frame, which must be an unfragmented text message. */
  async text(): Promise<string> {
    const { opcode, isFinal, payload } = await this.frame();
    assert.deepEqual({ opcode, isFinal }, { opcode: 1, isFinal: true });
    return payload.toString();
  }

  /** The code and the reason of the next frame, which must be a Close. */
  async close(): Promise<[code: number, reason: string]> {
    const { opcode, payload } = await this.frame();
    assert.equal(opcode, 8);
    return payload.length === 0 ? [1005, ''] : [payload.readUInt16BE(), payload.subarray(2).toString()];
  }

  /** Everything that comes until the connection ends, in whatever way. */
  async rest(): Promise<Buffer> {
    while (!this.hasEnded && !this.isClosed) await this.#wait();
    return this.#take(this.#received.length);
  }

  /** Waits until the connection is gone. */
  async gone(): Promise<void> {
    this.socket.end();
    while (!this.isClosed) await this.#wait();
  }

  /** Cuts the connection with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  #takeFrame(): ReceivedFrame | undefined {
    const bytes = this.#received;
    if (bytes.length < 2) return undefined;
    const first = bytes.readUInt8(0);
    const second = bytes.readUInt8(1);
    assert.equal(second & 0x80, 0, 'a server must not mask (5.1)');
    let headerBytes = 2;
    let length = second & 0x7f;
    if (length === 126) {
      headerBytes = 4;
      if (bytes.length < headerBytes) return undefined;
      length = bytes.readUInt16BE(2);
    } else if (length === 127) {
      headerBytes = 10;
      if (bytes.length < headerBytes) return undefined;
      length = Number(bytes.readBigUInt64BE(2));
    }
    if (bytes.length < headerBytes + length) return undefined;
    const payload = this.#take(headerBytes + length).subarray(headerBytes);
    return { opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, reserved: first & 0x70, payload };
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #more(wanted: string): Promise<void> {
    if (this.hasEnded || this.isClosed) {
      throw new Error(`the connection ended before ${wanted} came`, { cause: this.error });
    }
    await this.#wait();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
