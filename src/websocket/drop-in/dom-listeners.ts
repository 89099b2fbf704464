// The DOM's way to listen, on top of an EventEmitter: `addEventListener` and attributes such as `onmessage`.

import type { EventEmitter } from 'node:events';

/** What a listener gets. `target` is the WebSocket. */
export interface SocketEvent<Target> {
  readonly type: string;
  readonly target: Target;
}

export interface SocketMessageEvent<Target> extends SocketEvent<Target> {
  /** A string if the message is text; otherwise as `binaryType` says. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on binaryType, which the caller set
  readonly data: any;
}

export interface SocketCloseEvent<Target> extends SocketEvent<Target> {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

export interface SocketErrorEvent<Target> extends SocketEvent<Target> {
  readonly error: Error;
  readonly message: string;
}

export interface SocketEventMap<Target> {
  open: SocketEvent<Target>;
  message: SocketMessageEvent<Target>;
  close: SocketCloseEvent<Target>;
  error: SocketErrorEvent<Target>;
}

export type SocketEventType = keyof SocketEventMap<unknown>;

export type SocketListener<Target, Type extends SocketEventType> =
  | ((event: SocketEventMap<Target>[Type]) => unknown)
  | { handleEvent(event: SocketEventMap<Target>[Type]): unknown };

type AnyListener = ((event: unknown) => unknown) | { handleEvent(event: unknown): unknown };

interface Registered {
  readonly given: AnyListener;
  readonly isAttribute: boolean;
  readonly listener: (...values: unknown[]) => void;
}

/** What the events of a WebSocket carry, made of what its emitter emits. */
const details: Readonly<Record<SocketEventType, (values: readonly unknown[], wasClean: boolean) => object>> =
  Object.freeze({
    open: () => ({}),
    message: ([data, isBinary]) => ({ data: isBinary === true ? data : String(data) }),
    close: ([code, reason], wasClean) => ({ code, reason: String(reason), wasClean }),
    error: ([error]) => ({ error, message: error instanceof Error ? error.message : String(error) }),
  });

export class DomListeners {
  readonly #socket: EventEmitter;
  readonly #wasClean: () => boolean;
  readonly #registered = new Map<string, Registered[]>();

  constructor(socket: EventEmitter, wasClean: () => boolean) {
    this.#socket = socket;
    this.#wasClean = wasClean;
  }

  add(type: string, given: AnyListener, { isOnce = false, isAttribute = false } = {}): void {
    if (!Object.hasOwn(details, type) || given === null) return;
    const listeners = this.#registered.get(type) ?? [];
    if (!isAttribute && listeners.some((each) => !each.isAttribute && each.given === given)) return;
    const detail = details[type as SocketEventType];
    const listener = (...values: unknown[]): void => {
      if (isOnce) this.remove(type, given);
      const event = { type, target: this.#socket, ...detail(values, this.#wasClean()) };
      if (typeof given === 'function') given.call(this.#socket, event);
      else given.handleEvent(event);
    };
    this.#registered.set(type, [...listeners, { given, isAttribute, listener }]);
    this.#socket.on(type, listener);
  }

  remove(type: string, given: unknown, isAttribute = false): void {
    const listeners = this.#registered.get(type) ?? [];
    const found = listeners.find((each) => each.isAttribute === isAttribute && each.given === given);
    if (found === undefined) return;
    this.#registered.set(
      type,
      listeners.filter((each) => each !== found),
    );
    this.#socket.removeListener(type, found.listener);
  }

  /** The value of an attribute such as `onmessage`. */
  attribute(type: string): unknown {
    return this.#registered.get(type)?.find(({ isAttribute }) => isAttribute)?.given ?? null;
  }

  setAttribute(type: string, value: unknown): void {
    this.remove(type, this.attribute(type), true);
    if (typeof value === 'function') this.add(type, value as AnyListener, { isAttribute: true });
  }
}
