// A plug between the page and the network, to be pulled: what hangs on it is cut off at once, without a goodbye.

import type { WebSocketConstructor, WebSocketShape } from 'tidewire/client';

export class Plug {
  #isIn = true;
  readonly #cuts = new Set<() => void>();

  get isIn(): boolean {
    return this.#isIn;
  }

  pull(): void {
    this.#isIn = false;
    for (const cut of [...this.#cuts]) cut();
  }

  putIn(): void {
    this.#isIn = true;
  }

  /** The class of sockets that hang on this plug. */
  get WebSocket(): WebSocketConstructor {
    const plug = this;
    return class extends PluggedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, plug.#isIn);
        const cut = () => this.cut();
        plug.#cuts.add(cut);
        this.addEventListener('close', () => plug.#cuts.delete(cut));
      }
    };
  }
}

/** A WebSocket whose network can be cut: then it says, as a browser does, that the connection was lost. */
class PluggedSocket extends EventTarget implements WebSocketShape {
  readonly #socket: WebSocket | undefined;
  #isCut = false;

  constructor(url: string, protocols: string[], isIn: boolean) {
    super();
    if (!isIn) {
      setTimeout(() => this.cut());
      return;
    }
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#pass(new Event('open')));
    socket.addEventListener('message', ({ data }) => this.#pass(new MessageEvent('message', { data })));
    socket.addEventListener('close', ({ code, reason }) =>
      this.#pass(new CloseEvent('close', { code, reason })),
    );
  }

  get binaryType(): string {
    return this.#socket?.binaryType ?? 'blob';
  }

  set binaryType(type: BinaryType) {
    if (this.#socket !== undefined) this.#socket.binaryType = type;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.#isCut) this.#socket?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason);
  }

  cut(): void {
    if (this.#isCut) return;
    this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
    this.#isCut = true;
    this.#socket?.close();
  }

  #pass(event: Event): void {
    if (!this.#isCut) this.dispatchEvent(event);
  }
}
