// The WebSocket of the `ws` package, for clients and servers, as a face of our own connections.

import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Opcode } from '../../protocol/index.ts';
import { resolveClientOptions } from '../client/client-options.ts';
import { resolveConnectionOptions } from '../connection/connection-options.ts';
import { FramedStream } from '../connection/framed-stream.ts';
import { bytesOf, controlPayload } from '../connection/message-data.ts';
import { DuplexStream } from '../streams/duplex-stream.ts';
import { checkProtocols, urlRecord } from '../whatwg/url-record.ts';
import { type BinaryType, isBinaryType, type RawData } from './binary-type.ts';
import {
  DomListeners,
  type SocketCloseEvent,
  type SocketErrorEvent,
  type SocketEvent,
  type SocketEventType,
  type SocketListener,
  type SocketMessageEvent,
} from './dom-listeners.ts';
import type { SendCallback } from './send-callbacks.ts';
import { connectionOptions, type SharedOptions } from './shared-options.ts';
import { ReadyState, SocketLink } from './socket-link.ts';
import { type ClientOptions, ownOptions, requestRoute, socketAddress } from './socket-options.ts';

/** What the emitter of a WebSocket emits. */
export interface WebSocketEvents {
  open: [];
  message: [data: RawData, isBinary: boolean];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  ping: [data: Buffer];
  pong: [data: Buffer];
  /** The answer that accepts, before `open`. */
  upgrade: [response: IncomingMessage];
  /** An answer that does not; with a listener, there is no `error`, and `close` follows when it has been read. */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /** The request to where an answer redirects, before it is sent. */
  redirect: [url: string, request: ClientRequest];
}

/** What `send`, `ping` and `pong` take. A number is sent as text; nothing, as an empty message. */
export type Data =
  | string
  | number
  | ArrayBufferView
  | ArrayBuffer
  | SharedArrayBuffer
  | Blob
  | readonly number[];

export interface SendOptions {
  /** @default true for anything but strings */
  readonly binary?: boolean | undefined;
  /** `false` sends this message as it is. @default true, above the threshold of permessage-deflate */
  readonly compress?: boolean | undefined;
  /**
   * `false`: more of the same message follows. The pieces leave as one, with the last; together they may have 100 MiB, and
   * `send` throws on what is more. @default true
   */
  readonly fin?: boolean | undefined;
  /** Not used: clients always mask, servers never do. */
  readonly mask?: boolean | undefined;
}

/** What most peers refuse, as it is the default of `ws`. */
const MAX_PIECES_BYTES = 100 * 1024 * 1024;

/** How a server of this door reaches what is behind a WebSocket. */
export const linkOf = Symbol('tidewire.drop-in.link');

type Attribute<Event> = ((event: Event) => unknown) | null;

export class WebSocket extends EventEmitter<WebSocketEvents> {
  static readonly CONNECTING = ReadyState.CONNECTING;
  static readonly OPEN = ReadyState.OPEN;
  static readonly CLOSING = ReadyState.CLOSING;
  static readonly CLOSED = ReadyState.CLOSED;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly [linkOf]: SocketLink;
  /** Whether this is a server's end: read by frameworks that attach sockets themselves. */
  _isServer: boolean;
  readonly #dom: DomListeners;
  #url = '';
  /** The pieces of a message that was begun with `fin: false`, and their bytes. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;

  /**
   * Begins to connect at once; with `null` for the address it waits for a server, or for `setSocket`. Throws `SyntaxError`
   * on a URL or subprotocol that cannot be, and `UsageError` on an option.
   */
  constructor(
    address: string | URL | null,
    protocols?: string | readonly string[] | ClientOptions,
    options?: ClientOptions,
  ) {
    super();
    const link = new SocketLink(this as unknown as SocketLinkEmitter);
    this[linkOf] = link;
    this.#dom = new DomListeners(this as unknown as EventEmitter, () => link.wasClean);
    this._isServer = address === null;
    if (address === null) return;
    const given = isOptions(protocols) ? protocols : (options ?? {});
    const offered = isOptions(protocols) || protocols === undefined ? [] : [protocols].flat();
    const local = socketAddress(String(address));
    const url = parsed(local?.url ?? address, offered);
    this.#url = local === undefined ? url.href : String(address);
    const settings = resolveClientOptions(ownOptions(given), undefined);
    const route = requestRoute(given, link, local?.socketPath);
    let requests = 0;
    link.prepareRequest = (request, target) => {
      requests += 1;
      if (requests > 1) {
        this.#url = target.href;
        this.emit('redirect', this.#url, request);
      }
      given.finishRequest?.(request, this);
      return given.finishRequest !== undefined;
    };
    link.connect({ url, settings: { ...settings, route } }, offered);
  }

  get readyState(): ReadyState {
    return this[linkOf].readyState;
  }

  get url(): string {
    return this.#url;
  }

  get protocol(): string {
    return this[linkOf].protocol;
  }

  get extensions(): string {
    return this[linkOf].extensions;
  }

  /** Bytes, frame headers included, that the operating system has not taken, and all that came too late. */
  get bufferedAmount(): number {
    return this[linkOf].bufferedAmount + this.#pieceBytes;
  }

  get isPaused(): boolean {
    return this[linkOf].isPaused;
  }

  get binaryType(): BinaryType {
    return this[linkOf].binaryType;
  }

  set binaryType(type: BinaryType) {
    if (isBinaryType(type)) this[linkOf].binaryType = type;
  }

  /** The socket below, for its addresses. Reading or writing it breaks the connection. */
  get _socket(): Duplex | null {
    const link = this[linkOf];
    return link.readyState === ReadyState.CLOSED ? null : (link.carrier ?? null);
  }

  get onopen(): Attribute<SocketEvent<WebSocket>> {
    return this.#dom.attribute('open') as Attribute<SocketEvent<WebSocket>>;
  }

  set onopen(listener: Attribute<SocketEvent<WebSocket>>) {
    this.#dom.setAttribute('open', listener);
  }

  get onmessage(): Attribute<SocketMessageEvent<WebSocket>> {
    return this.#dom.attribute('message') as Attribute<SocketMessageEvent<WebSocket>>;
  }

  set onmessage(listener: Attribute<SocketMessageEvent<WebSocket>>) {
    this.#dom.setAttribute('message', listener);
  }

  get onclose(): Attribute<SocketCloseEvent<WebSocket>> {
    return this.#dom.attribute('close') as Attribute<SocketCloseEvent<WebSocket>>;
  }

  set onclose(listener: Attribute<SocketCloseEvent<WebSocket>>) {
    this.#dom.setAttribute('close', listener);
  }

  get onerror(): Attribute<SocketErrorEvent<WebSocket>> {
    return this.#dom.attribute('error') as Attribute<SocketErrorEvent<WebSocket>>;
  }

  set onerror(listener: Attribute<SocketErrorEvent<WebSocket>>) {
    this.#dom.setAttribute('error', listener);
  }

  addEventListener<Type extends SocketEventType>(
    type: Type,
    listener: SocketListener<WebSocket, Type>,
    options: { readonly once?: boolean } = {},
  ): void {
    this.#dom.add(type, listener as Parameters<DomListeners['add']>[1], { isOnce: options.once === true });
  }

  removeEventListener<Type extends SocketEventType>(
    type: Type,
    listener: SocketListener<WebSocket, Type>,
  ): void {
    this.#dom.remove(type, listener);
  }

  /** Sends a message. Throws while connecting; afterwards the callback gets what went wrong. */
  send(data?: Data, options?: SendOptions | SendCallback, callback?: SendCallback): void {
    this.#checkConnected();
    const given = typeof options === 'function' ? {} : (options ?? {});
    const done = typeof options === 'function' ? options : callback;
    const compress = given.compress === false ? false : undefined;
    if (data instanceof Blob) {
      this[linkOf].send({ data, compress, callback: done });
      return;
    }
    const content = contentOf(data);
    if (given.fin === false && this.readyState === ReadyState.OPEN) {
      this.#keepPiece(typeof content === 'string' ? Buffer.from(content) : content);
      if (done !== undefined) process.nextTick(done);
      return;
    }
    const isBinary = given.binary ?? typeof content !== 'string';
    this[linkOf].send({ data: this.#whole(content, isBinary), compress, callback: done });
  }

  ping(data?: Data | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#sendControl(Opcode.Ping, [data, mask, callback]);
  }

  pong(data?: Data | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#sendControl(Opcode.Pong, [data, mask, callback]);
  }

  /** Starts the closing handshake. Throws `UsageError` on a code that must not be sent, or a long reason. */
  close(code?: number, reason?: string | Uint8Array): void {
    const text = typeof reason === 'string' || reason === undefined ? reason : Buffer.from(reason).toString();
    this[linkOf].close(code, code === undefined ? undefined : text);
  }

  /** Cuts the connection at once: the peer sees 1006. */
  terminate(): void {
    this[linkOf].terminate();
  }

  pause(): void {
    this[linkOf].pause();
  }

  resume(): void {
    this[linkOf].resume();
  }

  /** Speaks on a stream whose opening handshake somebody else has done. */
  setSocket(socket: Duplex, head: Buffer, options: SharedOptions = {}): void {
    const link = this[linkOf];
    const framed = new FramedStream(new DuplexStream(socket), link, {
      role: this._isServer ? 'server' : 'client',
      settings: resolveConnectionOptions(connectionOptions(options, false)),
    });
    link.attach(framed, { carrier: socket, protocol: '', extensions: '' });
    framed.start(head);
  }

  #sendControl(
    opcode: typeof Opcode.Ping | typeof Opcode.Pong,
    given: readonly (Data | SendCallback | boolean | undefined)[],
  ): void {
    this.#checkConnected();
    const [data] = given;
    const content = typeof data === 'function' || typeof data === 'boolean' ? undefined : data;
    const callback = given.find((each) => typeof each === 'function');
    const payload = controlPayload(contentOf(content as Exclude<Data, Blob> | undefined));
    this[linkOf].sendControl(opcode, payload, callback);
  }

  #keepPiece(piece: Uint8Array): void {
    if (this.#pieceBytes + piece.length > MAX_PIECES_BYTES) {
      throw new RangeError(`a message of several pieces must not exceed ${MAX_PIECES_BYTES} bytes`);
    }
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }

  /** The message that ends with this piece. */
  #whole(content: string | Uint8Array, isBinary: boolean): string | Uint8Array {
    const pieces = this.#pieces;
    if (pieces.length === 0 && isBinary === (typeof content !== 'string')) return content;
    this.#pieces = [];
    this.#pieceBytes = 0;
    const bytes = Buffer.concat([...pieces, typeof content === 'string' ? Buffer.from(content) : content]);
    return isBinary ? bytes : bytes.toString();
  }

  #checkConnected(): void {
    if (this.readyState === ReadyState.CONNECTING) {
      throw new Error('WebSocket is not open: readyState 0 (CONNECTING)');
    }
  }
}

type SocketLinkEmitter = ConstructorParameters<typeof SocketLink>[0];

for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const) {
  Object.defineProperty(WebSocket.prototype, name, { value: ReadyState[name], enumerable: true });
}

function isOptions(value: string | readonly string[] | ClientOptions | undefined): value is ClientOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(address: string | URL, protocols: readonly string[]): URL {
  try {
    checkProtocols(protocols);
    return urlRecord(String(address));
  } catch (cause) {
    // The DOM's error of that name is another class.
    throw new SyntaxError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function contentOf(data: Exclude<Data, Blob> | undefined): string | Uint8Array {
  if (typeof data === 'string') return data;
  if (typeof data === 'number') return String(data);
  if (data === undefined || data === null) return new Uint8Array(0);
  return Array.isArray(data) ? Uint8Array.from(data) : bytesOf(data);
}
