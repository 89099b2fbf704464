// The port between a client and an outbox that keeps more than its memory.

import type { Outbox } from '../../session/index.ts';

export interface OutboxHost {
  /** Calls back when the machine is not at work, and lets it act on what was done. */
  tell(act: () => void): void;
  report(error: unknown): void;
}

/** Makes the outbox of one client. */
export type OutboxPart = (host: OutboxHost) => {
  /** The part of the machine. */
  readonly Outbox: typeof Outbox;
  /** Resolves, and never rejects, when what an earlier life has left goes on. Called once the machine is made. */
  restored(): Promise<void>;
};
