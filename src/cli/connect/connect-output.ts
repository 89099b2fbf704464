// Where `tidewire connect` tells what happens: a terminal, a pipe, or lines of JSON.

export interface OpenedInfo {
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  /** From the start of the opening handshake. */
  readonly elapsedMs: number;
}

export interface MessageInfo {
  readonly bytes: number;
  /** Since our last message, if this is the first answer to it. */
  readonly elapsedMs: number | undefined;
}

export interface ConnectOutput {
  opened(info: OpenedInfo): void;
  message(data: string | Uint8Array, info: MessageInfo): void;
  ping(data: Uint8Array): void;
  pong(data: Uint8Array, elapsedMs: number | undefined): void;
  closed(code: number, reason: string): void;
  /** Something for the person at the keyboard alone. */
  hint(text: string): void;
}

/** Milliseconds with a digit that can still be read: `0.42 ms`, `12.3 ms`, `1250 ms`. */
export function formatMs(ms: number): string {
  return `${ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0)} ms`;
}
