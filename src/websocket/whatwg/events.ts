// The events that a WebSocket object fires.

/** As in the WHATWG WebSockets standard, section 6. */
export interface CloseEvent extends Event {
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean;
  /** What the peer's Close said; 1005 when it said nothing, 1006 when none came. */
  readonly code: number;
  readonly reason: string;
}

type EventInit = NonNullable<ConstructorParameters<typeof Event>[1]>;

export interface CloseEventInit extends EventInit {
  wasClean?: boolean;
  code?: number;
  reason?: string;
}

export interface CloseEventConstructor {
  readonly prototype: CloseEvent;
  new (type: string, eventInitDict?: CloseEventInit): CloseEvent;
}

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  constructor(type: string, eventInitDict: CloseEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: Web IDL tells a missing argument from an undefined one
    if (arguments.length === 0) throw new TypeError('CloseEvent: give the type of the event');
    super(type, eventInitDict);
    const { wasClean = false, code = 0, reason = '' } = eventInitDict;
    this.#wasClean = Boolean(wasClean);
    // Web IDL converts to `unsigned short` modulo 2¹⁶.
    this.#code = Number(code) & 0xffff;
    this.#reason = String(reason);
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

Object.defineProperties(OwnCloseEvent, { name: { value: 'CloseEvent' }, length: { value: 1 } });
Object.defineProperties(OwnCloseEvent.prototype, {
  wasClean: { enumerable: true },
  code: { enumerable: true },
  reason: { enumerable: true },
  [Symbol.toStringTag]: { value: 'CloseEvent', configurable: true },
});

/** The runtime's own, where it has one. */
export const CloseEvent: CloseEventConstructor =
  (globalThis as { CloseEvent?: CloseEventConstructor }).CloseEvent ?? OwnCloseEvent;

/**
 * The event `error`. The standard tells a page nothing of the reason, lest it probes the user's network; a program on
 * Node may know.
 */
export class WebSocketErrorEvent extends Event {
  /** A `ConnectionError` or a `ProtocolError`, with its `code`. */
  readonly error: Error;
  readonly message: string;
  /** The HTTP status with which the server refused the opening handshake, such as 401. */
  readonly status: number | undefined;

  constructor(type: string, error: Error & { readonly status?: number | undefined }) {
    super(type);
    this.error = error;
    this.message = error.message;
    this.status = error.status;
  }
}

export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: WebSocketErrorEvent;
  close: CloseEvent;
  /** Node only: a Ping came in; its Pong is sent already. `event.data` is a `Uint8Array`. */
  ping: MessageEvent;
  /** Node only: a Pong came in. `event.data` is a `Uint8Array`. */
  pong: MessageEvent;
}

type Listener<This, Type extends keyof WebSocketEventMap> =
  | ((this: This, event: WebSocketEventMap[Type]) => unknown)
  | { handleEvent(event: WebSocketEventMap[Type]): unknown };

interface ListenerOptions {
  readonly capture?: boolean;
}

interface AddListenerOptions extends ListenerOptions {
  readonly once?: boolean;
  readonly passive?: boolean;
  readonly signal?: AbortSignal;
}

/** An `EventTarget` that knows the types of the events of a WebSocket. */
export interface WebSocketEventTarget extends EventTarget {
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: Listener<this, Type> | null,
    options?: AddListenerOptions | boolean,
  ): void;
  addEventListener(
    type: string,
    listener: ((event: Event) => unknown) | { handleEvent(event: Event): unknown } | null,
    options?: AddListenerOptions | boolean,
  ): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: Listener<this, Type> | null,
    options?: ListenerOptions | boolean,
  ): void;
  removeEventListener(
    type: string,
    listener: ((event: Event) => unknown) | { handleEvent(event: Event): unknown } | null,
    options?: ListenerOptions | boolean,
  ): void;
}

export const WebSocketEventTarget = EventTarget as { new (): WebSocketEventTarget };
