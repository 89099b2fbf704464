// The WebSocket object of the WHATWG standard, for Node: https://websockets.spec.whatwg.org/#the-websocket-interface

import { types } from 'node:util';
import { MAX_REASON_BYTES } from '../../protocol/index.ts';
import { type ClientOptions, resolveClientOptions } from '../client/client-options.ts';
import { type BinaryData, bytesOf, controlPayload } from '../connection/message-data.ts';
import { type BinaryType, ClientSocket, ReadyState } from './client-socket.ts';
import { EventHandlers } from './event-handlers.ts';
import { type CloseEvent, type WebSocketErrorEvent, WebSocketEventTarget } from './events.ts';
import { checkProtocols, pageOrigin, urlRecord } from './url-record.ts';

/** The extras that a browser does not have; `protocols` may stand here instead of in the second argument. */
export interface WebSocketOptions extends ClientOptions {
  /** Subprotocols in order of preference. The server must choose one of them. */
  readonly protocols?: string | readonly string[];
}

export class WebSocket extends WebSocketEventTarget {
  static readonly CONNECTING = ReadyState.Connecting;
  static readonly OPEN = ReadyState.Open;
  static readonly CLOSING = ReadyState.Closing;
  static readonly CLOSED = ReadyState.Closed;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly #url: string;
  readonly #socket: ClientSocket;
  readonly #handlers = new EventHandlers(this);

  /**
   * Begins to connect at once. Throws a `SyntaxError` `DOMException` on a URL or subprotocol that cannot be, and a
   * `UsageError` on an option; whatever goes wrong later is told by the events `error` and `close`.
   */
  constructor(
    url: string | URL,
    protocols?: string | Iterable<string> | WebSocketOptions,
    options?: WebSocketOptions,
  ) {
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from an undefined one
    if (arguments.length === 0) throw new TypeError('WebSocket: give the URL to connect to');
    super();
    const record = urlRecord(String(url));
    const given = options ?? (isOptions(protocols) ? protocols : {});
    const offered = protocolList(isOptions(protocols) ? given.protocols : (protocols ?? given.protocols));
    checkProtocols(offered);
    const settings = resolveClientOptions(given, pageOrigin());
    this.#url = record.href;
    this.#socket = new ClientSocket(this, { url: record, settings }, offered);
  }

  get url(): string {
    return this.#url;
  }

  /** 0 to 3: CONNECTING, OPEN, CLOSING, CLOSED. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#socket.readyState;
  }

  /**
   * Bytes of payload that `send` was given and the network has not taken, as the last turn of the event loop left them,
   * and all that was sent in this turn.
   */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get binaryType(): BinaryType {
    return this.#socket.binaryType;
  }

  set binaryType(type: BinaryType) {
    // Web IDL: a value that an enumeration does not have is ignored.
    const value = String(type);
    if (value === 'blob' || value === 'arraybuffer') this.#socket.binaryType = value;
  }

  get onopen(): ((this: WebSocket, event: Event) => unknown) | null {
    return this.#handlers.get('open');
  }

  set onopen(handler: ((this: WebSocket, event: Event) => unknown) | null) {
    this.#handlers.set('open', handler);
  }

  get onmessage(): ((this: WebSocket, event: MessageEvent) => unknown) | null {
    return this.#handlers.get('message');
  }

  set onmessage(handler: ((this: WebSocket, event: MessageEvent) => unknown) | null) {
    this.#handlers.set('message', handler);
  }

  get onerror(): ((this: WebSocket, event: WebSocketErrorEvent) => unknown) | null {
    return this.#handlers.get('error');
  }

  set onerror(handler: ((this: WebSocket, event: WebSocketErrorEvent) => unknown) | null) {
    this.#handlers.set('error', handler);
  }

  get onclose(): ((this: WebSocket, event: CloseEvent) => unknown) | null {
    return this.#handlers.get('close');
  }

  set onclose(handler: ((this: WebSocket, event: CloseEvent) => unknown) | null) {
    this.#handlers.set('close', handler);
  }

  /**
   * Sends a message: text for a string, binary for a buffer, a view or a Blob; anything else is made a string. Throws an
   * `InvalidStateError` `DOMException` while connecting. Binary data may be changed as soon as this returns.
   */
  send(data: string | BinaryData | Blob): void {
    const socket = this.#socket;
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from an undefined one
    if (arguments.length === 0) throw new TypeError('send: give the data to send');
    if (socket.readyState === ReadyState.Connecting) {
      // Web IDL converts the argument before the method's own steps.
      if (typeof data === 'symbol') throw new TypeError('send: a symbol cannot be sent');
      throw new DOMException(
        'send: the connection is not open yet; wait for the event open',
        'InvalidStateError',
      );
    }
    if (typeof data === 'string') socket.sendText(data);
    else if (data instanceof Blob) socket.sendBlob(data);
    else if (ArrayBuffer.isView(data) || types.isAnyArrayBuffer(data)) socket.sendBytes(bytesOf(data));
    else socket.sendText(`${data as unknown}`);
  }

  /**
   * Starts the closing handshake, behind what was sent before. Throws an `InvalidAccessError` `DOMException` for a code
   * other than 1000 and 3000–4999, and a `SyntaxError` one for a reason of more than 123 bytes.
   */
  close(code?: number, reason?: string): void {
    const socket = this.#socket;
    const closeCode = code === undefined ? undefined : clampToUnsignedShort(code);
    const closeReason = reason === undefined ? undefined : `${reason}`;
    if (closeCode !== undefined && closeCode !== 1000 && (closeCode < 3000 || closeCode > 4999)) {
      throw new DOMException(
        `close: the code ${closeCode} is neither 1000 nor 3000 to 4999`,
        'InvalidAccessError',
      );
    }
    if (closeReason !== undefined && Buffer.byteLength(closeReason) > MAX_REASON_BYTES) {
      throw new DOMException(
        `close: the reason is longer than ${MAX_REASON_BYTES} bytes of UTF-8`,
        'SyntaxError',
      );
    }
    socket.close(closeCode ?? (closeReason ? 1000 : undefined), closeReason);
  }

  /** Node only. Sends a Ping with at most 125 bytes; does nothing unless the socket is open. */
  ping(data?: string | BinaryData): void {
    this.#socket.ping(controlPayload(data));
  }

  /** Node only. Sends a Pong that nobody asked for, with at most 125 bytes; does nothing unless the socket is open. */
  pong(data?: string | BinaryData): void {
    this.#socket.pong(controlPayload(data));
  }

  /** Node only. Fires no event until `resume`, and stops reading, so that the server has to wait. */
  pause(): void {
    this.#socket.pause();
  }

  /** Node only. */
  resume(): void {
    this.#socket.resume();
  }

  /** Node only. Cuts the connection at once: both sides see 1006. */
  terminate(): void {
    this.#socket.terminate();
  }
}

// The shape that Web IDL gives an interface: members can be enumerated, constants stand on class and prototype.
for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const) {
  const constant = { value: WebSocket[name], enumerable: true, writable: false, configurable: false };
  Object.defineProperty(WebSocket, name, constant);
  Object.defineProperty(WebSocket.prototype, name, constant);
}
for (const name of [
  'url',
  'readyState',
  'bufferedAmount',
  'onopen',
  'onerror',
  'onclose',
  'extensions',
  'protocol',
  'close',
  'onmessage',
  'binaryType',
  'send',
]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}
Object.defineProperty(WebSocket.prototype, Symbol.toStringTag, { value: 'WebSocket', configurable: true });
Object.defineProperty(WebSocket, 'length', { value: 1, configurable: true });

function isOptions(value: unknown): value is WebSocketOptions {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value);
}

function protocolList(protocols: string | Iterable<string> | undefined): readonly string[] {
  if (protocols === undefined) return [];
  if (typeof protocols === 'object' && protocols !== null) return Array.from(protocols, (each) => `${each}`);
  return [`${protocols}`];
}

/** Web IDL, `[Clamp] unsigned short`: to the nearest whole number, halves to the even one, from 0 to 65 535. */
function clampToUnsignedShort(value: unknown): number {
  const number = Math.min(Math.max(Number(value), 0), 65_535);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const fraction = number - floor;
  if (fraction === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(number);
}
