// Publications as promises of their position.

import type { PlainData, Position } from '../channel/index.ts';
import { type PublishFields, RequestError } from '../session/index.ts';
import type { MachineLoop } from './machine-loop.ts';

export class Publisher {
  readonly #loop: MachineLoop;
  /** Those that nobody has answered: how each is rejected. */
  readonly #unanswered = new Set<(error: RequestError) => void>();

  /** Publications of an earlier life are being read: they go first. */
  #restoring: Promise<void> | undefined;

  constructor(loop: MachineLoop, restoring?: Promise<void>) {
    this.#loop = loop;
    this.#restoring = restoring?.then(() => {
      this.#restoring = undefined;
    });
  }

  publish(channel: string, fields: PublishFields): Promise<Position> {
    if (this.#restoring !== undefined) return this.#restoring.then(() => this.publish(channel, fields));
    return new Promise((resolve, reject) => {
      this.#unanswered.add(reject);
      this.#loop.do((machine, now) =>
        machine.publish(channel, fields, {
          now,
          done: (result) =>
            this.#loop.tell(() => {
              this.#unanswered.delete(reject);
              if (result.error === undefined) resolve(result.position);
              else reject(new RequestError(result.error));
            }),
        }),
      );
    });
  }

  /** Sends it once, if there is a connection now. */
  signal(channel: string, data: PlainData): void {
    this.#loop.do((machine, now) => machine.signal(channel, data, now));
  }

  /** The client was closed: nobody will ever answer. */
  close(): void {
    const error = { code: 'disconnected', msg: 'the client was closed', retry: 'no' } as const;
    for (const reject of this.#unanswered) reject(new RequestError(error));
    this.#unanswered.clear();
  }
}
