// A long compressed message, which is inflated in turns with everything else while the messages behind it wait.

import type { ProtocolError } from '../../protocol/index.ts';
import type { MessageInflater } from '../deflate/message-inflater.ts';

export interface LongMessageOwner {
  /** Whether a turn may be made now; `goOn` is called again when it may. */
  readonly mayInflate: boolean;
  /** The whole message, or what is wrong with it. */
  receiveLongMessage(inflated: Buffer | ProtocolError): void;
}

export class LongMessage {
  private readonly inflater: MessageInflater;
  private readonly owner: LongMessageOwner;
  private isDone = false;

  constructor(inflater: MessageInflater, owner: LongMessageOwner) {
    this.inflater = inflater;
    this.owner = owner;
  }

  /** Makes the next turn, soon. */
  goOn(): void {
    setImmediate(() => this.turn());
  }

  private turn(): void {
    if (this.isDone || !this.owner.mayInflate) return;
    const inflated = this.inflater.turn();
    this.isDone = inflated !== undefined;
    if (inflated === undefined) this.goOn();
    else this.owner.receiveLongMessage(inflated);
  }
}
