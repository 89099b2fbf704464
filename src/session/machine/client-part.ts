// The port for what a client's machine may have besides channels: presence.

import type { ErrorBody } from '../error-code.ts';
import type { MapPacket, PresPacket, ReplyPacket } from '../packet.ts';

/** The machine, as such a part sees it. */
export interface PartMachine {
  readonly isOpen: boolean;
  request(packet: Omit<PresPacket, 'id'>, done: (reply: ReplyPacket | undefined) => void): void;
  /** Calls back unless the connection ends first. */
  setTimer(afterMs: number, callback: () => void): void;
  /** The server said what cannot be. */
  reset(reason: string): void;
}

export interface ClientPart {
  /** The highest clock that it has used: a later life begins above it. */
  readonly clock: number;
  /** Welcome: the server may know nothing of it any more. */
  connected(): void;
  disconnected(): void;
  onMap(packet: MapPacket): void;
  /** The server ended a stream: it may be one of this part. */
  onEnd(s: number, error: ErrorBody): void;
  onPong(entries: ReadonlyMap<number, readonly [s: number, o: number, h?: number]>): void;
}
