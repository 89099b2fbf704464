// Event handler attributes such as `onmessage` (WHATWG HTML, section 8.1.8.1).

interface Handler {
  /** A function, or an object that cannot be called: the attribute keeps it, and it is never called. */
  value: unknown;
  readonly listener: (event: Event) => void;
}

export class EventHandlers {
  readonly #target: EventTarget;
  readonly #handlers = new Map<string, Handler>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  /** What was set; the caller knows of which type that is. */
  get<Value>(type: string): Value | null {
    return (this.#handlers.get(type)?.value ?? null) as Value | null;
  }

  set(type: string, value: unknown): void {
    const handler = this.#handlers.get(type);
    const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null);
    if (!isObject) {
      // "deactivate an event handler": set again, it comes behind the listeners that were added meanwhile.
      if (handler !== undefined) this.#target.removeEventListener(type, handler.listener);
      this.#handlers.delete(type);
    } else if (handler !== undefined) {
      // The place among the listeners is that of the first handler.
      handler.value = value;
    } else {
      this.#add(type, value);
    }
  }

  #add(type: string, first: unknown): void {
    const handler: Handler = {
      value: first,
      listener: (event) => {
        if (typeof handler.value === 'function') handler.value.call(event.currentTarget, event);
      },
    };
    this.#handlers.set(type, handler);
    this.#target.addEventListener(type, handler.listener);
  }
}
