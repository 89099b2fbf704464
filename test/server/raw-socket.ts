// A client on a plain socket that can stop reading: what the kernel holds is all that it takes.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { buildFrame } from '../protocol/frame-bytes.ts';
import type { AnyPacket } from './realtime-rig.ts';

export class RawSocket {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #isEnded = false;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Opens a WebSocket by hand and greets. */
  static async open(test: TestContext, url: string, subject = 'ada'): Promise<RawSocket> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    test.after(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
        `Sec-WebSocket-Protocol: tidewire.v1.json\r\n\r\n`,
    );
    const raw = new RawSocket(socket);
    let head = '';
    while (!head.includes('\r\n\r\n')) head += String((await once(socket, 'data'))[0]);
    socket.on('data', (chunk: Buffer) => {
      raw.#received = Buffer.concat([raw.#received, chunk]);
      raw.#wake?.();
    });
    socket.on('close', () => {
      raw.#isEnded = true;
      raw.#wake?.();
    });
    raw.send({ t: 'hello', id: 1, v: 1, auth: subject });
    await raw.next();
    return raw;
  }

  send(packet: AnyPacket): void {
    const payload = Buffer.from(JSON.stringify(packet));
    this.socket.write(buildFrame({ opcode: 1, payload, maskingKey: [1, 2, 3, 4] }));
  }

  /** The next packet; the code of a Close as `{ t: 'closed', code }`; `{ t: 'gone' }` without one. */
  async next(): Promise<AnyPacket> {
    for (;;) {
      const packet = this.#take();
      if (packet !== undefined) return packet;
      if (this.#isEnded) return { t: 'gone' };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(): AnyPacket | undefined {
    const bytes = this.#received;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]!;
    const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < headLength) return undefined;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < headLength + length) return undefined;
    const payload = bytes.subarray(headLength, headLength + length);
    this.#received = bytes.subarray(headLength + length);
    if ((bytes[0]! & 0xf) === 8) return { t: 'closed', code: payload.readUInt16BE(0) };
    return JSON.parse(payload.toString());
  }
}
