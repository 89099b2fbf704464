// A microcontroller's WebSocket client on a raw socket, byte for byte, with its faults: arduinoWebSockets 2.7.3.

import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { buildFrame, type MaskingKey } from '../protocol/frame-bytes.ts';

/** The longest payload of a frame that a device takes. */
export const DEVICE_MAX_BYTES = 15 * 1024;
/** What a device writes into the socket when it does not like the answer. */
export const DEVICE_FAREWELL = 'This is a webSocket client!';

/** What a sketch is told. Of a Close it learns neither the code nor the reason. */
export type DeviceEvent =
  | { readonly type: 'connected' | 'disconnected' }
  | {
      readonly type: 'text' | 'binary' | 'fragment-start' | 'fragment' | 'fragment-end' | 'ping' | 'pong';
      readonly payload: Buffer;
    };

export interface DeviceRequest {
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default '/' */
  readonly url?: string;
  /** @default 'arduino' */
  readonly protocol?: string;
  /** The value of `Authorization`, basic or raw. @default none */
  readonly authorization?: string;
}

export interface DeviceOptions extends DeviceRequest {
  /** Called for each reconnect, with what is to be done and after how many milliseconds. */
  setTimer(act: () => void, ms: number): void;
}

/** The head of a device's request, with its fields in its order. */
export function deviceRequest(request: DeviceRequest, key: string): string {
  const { host = '127.0.0.1', port, url = '/', protocol = 'arduino', authorization } = request;
  return [
    `GET ${url} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Protocol: ${protocol}`,
    'Origin: file://',
    'User-Agent: arduino-WebSocket-Client',
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    '\r\n',
  ].join('\r\n');
}

/** A frame as a device writes it; `key` masks it where the device masks at all. */
export function deviceFrame(opcode: number, payload: Uint8Array, key: MaskingKey): Buffer {
  const { length } = payload;
  // It masks in a copy, which it makes only of payloads that are neither empty nor long.
  const isMasked = length > 0 && length < 1400;
  return buildFrame({
    opcode,
    payload,
    maskingKey: isMasked ? key : [0, 0, 0, 0],
    // It compares with < 0xFFFF where the RFC says ≤.
    lengthForm: length < 126 ? 7 : length < 0xffff ? 16 : 64,
  });
}

export class DeviceEmulator {
  readonly #options: DeviceOptions;
  readonly #events: DeviceEvent[] = [];
  #wake: (() => void) | undefined;
  #socket: Socket | undefined;
  #key = '';
  #received = Buffer.alloc(0);
  #status: 'header' | 'connected' | 'gone' = 'gone';

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  /** As `begin` does: connects, and comes back for ever. */
  begin(): void {
    const { host = '127.0.0.1', port } = this.#options;
    const socket = connect({ host, port });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    this.#status = 'header';
    this.#key = randomBytes(16).toString('base64');
    socket.on('connect', () => socket.write(deviceRequest(this.#options, this.#key)));
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#loop();
    });
    // A reset is followed by `close`, which is all that a sketch hears of it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#status = 'gone';
      this.#emit({ type: 'disconnected' });
      this.#options.setTimer(() => this.begin(), 500);
    });
  }

  sendText(text: string): void {
    this.#send(1, Buffer.from(text));
  }

  sendBinary(payload: Uint8Array): void {
    this.#send(2, payload);
  }

  sendPing(payload: Uint8Array = Buffer.alloc(0)): void {
    this.#send(9, payload);
  }

  /** What a `delay()` in a sketch does: nothing is read, and no Ping answered, until `wakeUp`. */
  stall(): void {
    this.#socket?.pause();
  }

  wakeUp(): void {
    this.#socket?.resume();
  }

  /** Takes the power away; nothing comes back. */
  unplug(): void {
    this.#socket?.removeAllListeners('close').destroy();
  }

  /** The next event that the sketch is told of. */
  async next(): Promise<DeviceEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #emit(event: DeviceEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  #send(opcode: number, payload: Uint8Array): void {
    if (this.#status !== 'connected') return;
    const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4);
    this.#socket?.write(deviceFrame(opcode, payload, [a, b, c, d]));
  }

  #loop(): void {
    if (this.#status === 'header') this.#receiveHead();
    while (this.#status === 'connected' && this.#receiveFrame());
    // What comes behind the end is thrown away.
    if (this.#status === 'gone') this.#received = Buffer.alloc(0);
  }

  #receiveHead(): void {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    this.#received = this.#received.subarray(end + 4);
    const fields = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    // The whole value and not a list: `keep-alive, Upgrade` is refused. Subprotocol and extensions are not looked at.
    const isUpgrade =
      fields.get('connection')?.toLowerCase() === 'upgrade' &&
      fields.get('upgrade')?.toLowerCase() === 'websocket';
    if (isUpgrade && statusLine.slice(9, 12) !== '101') {
      this.#end();
    } else if (isUpgrade && fields.get('sec-websocket-accept') === this.#expectedAccept()) {
      this.#status = 'connected';
      this.#emit({ type: 'connected' });
    } else {
      this.#socket?.write(DEVICE_FAREWELL);
      this.#end();
    }
  }

  #expectedAccept(): string {
    return createHash('sha1').update(`${this.#key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  }

  /** Takes one frame, whatever its reserved bits; false when it is not all there. */
  #receiveFrame(): boolean {
    const bytes = this.#received;
    if (bytes.length < 2) return false;
    const form = bytes.readUInt8(1) & 0x7f;
    const headerBytes = form === 126 ? 4 : form === 127 ? 10 : 2;
    if (bytes.length < headerBytes) return false;
    const length =
      form === 126 ? bytes.readUInt16BE(2) : form === 127 ? Number(bytes.readBigUInt64BE(2)) : form;
    if (length > DEVICE_MAX_BYTES) {
      this.#close(1009);
      return false;
    }
    if (bytes.length < headerBytes + length) return false;
    const payload = bytes.subarray(headerBytes, headerBytes + length);
    this.#received = bytes.subarray(headerBytes + length);
    const first = bytes.readUInt8(0);
    this.#receivePayload(first & 0x0f, (first & 0x80) !== 0, payload);
    return true;
  }

  #receivePayload(opcode: number, isFinal: boolean, payload: Buffer): void {
    switch (opcode) {
      // Nothing is joined: the sketch gets the pieces.
      case 0:
        this.#emit({ type: isFinal ? 'fragment-end' : 'fragment', payload });
        break;
      case 1:
        this.#emit({ type: isFinal ? 'text' : 'fragment-start', payload });
        break;
      case 2:
        this.#emit({ type: isFinal ? 'binary' : 'fragment-start', payload });
        break;
      case 8:
        this.#close(1000);
        break;
      case 9:
        this.#send(10, payload);
        this.#emit({ type: 'ping', payload });
        break;
      case 10:
        this.#emit({ type: 'pong', payload });
        break;
      default:
        this.#close(1002);
    }
  }

  #close(code: number): void {
    this.#send(8, Buffer.from([code >> 8, code & 0xff]));
    this.#end();
  }

  #end(): void {
    this.#status = 'gone';
    this.#socket?.end();
  }
}
