// One upgrade request on its way to a WebSocket of the `ws` package's shape.

import type { Duplex } from 'node:stream';
import type { ByteStream } from '../byte-stream.ts';
import { FramedStream } from '../connection/framed-stream.ts';
import type { SharedBudget } from '../connection/shared-budget.ts';
import type { Gate } from '../server/gate.ts';
import type { HandshakeOwner } from '../server/opening-handshake.ts';
import type { ConnectionIdentity } from '../server/server-connection.ts';
import type { PendingHandshake } from '../server/server-core.ts';
import type { Decision, ServerSettings } from '../server/server-options.ts';
import type { UpgradeRequest } from '../server/upgrade-request.ts';
import type { SocketLink } from './socket-link.ts';
import { throwLater } from './throw-later.ts';

/** What the handshakes of one server share. */
export interface UpgradeContext {
  readonly settings: ServerSettings;
  readonly gate: Gate;
  readonly budget: SharedBudget;
  readonly handshakes: Set<PendingHandshake>;
  readonly isAccepting: boolean;
}

export interface UpgradeOutcome {
  /** What the request came on. */
  readonly carrier: Duplex;
  decide(request: UpgradeRequest): Decision<undefined> | PromiseLike<Decision<undefined>>;
  /** Makes the WebSocket that the connection is for. */
  createLink(): SocketLink;
  /** It is open; nothing has been read yet. */
  deliver(): void;
}

/** Owns the handshake of a request, in the place of a server of ours. */
export class PendingUpgrade implements HandshakeOwner<undefined> {
  readonly settings: ServerSettings;
  readonly gate: Gate;
  readonly handshakes: Set<PendingHandshake>;
  readonly isAccepting: boolean;
  readonly handlers: HandshakeOwner<undefined>['handlers'];
  readonly #budget: SharedBudget;
  readonly #outcome: UpgradeOutcome;

  constructor(context: UpgradeContext, outcome: UpgradeOutcome) {
    this.settings = context.settings;
    this.gate = context.gate;
    this.#budget = context.budget;
    this.handshakes = context.handshakes;
    this.isAccepting = context.isAccepting;
    this.handlers = { upgrade: (request) => outcome.decide(request) };
    this.#outcome = outcome;
  }

  open(stream: ByteStream, identity: ConnectionIdentity<undefined>, head?: Buffer): void {
    const { protocol, extensions, deflate, remoteAddress } = identity;
    const link = this.#outcome.createLink();
    const framed = new FramedStream(stream, link, {
      role: 'server',
      settings: this.settings,
      deflate,
      budget: this.#budget,
    });
    const { onGone } = link;
    link.onGone = () => {
      this.gate.admission.leave(remoteAddress);
      onGone?.();
    };
    link.attach(framed, { carrier: this.#outcome.carrier, protocol, extensions });
    throwLater(() => this.#outcome.deliver());
    framed.start(head);
  }

  /** What a hook of the application threw. */
  report(error: Error): void {
    throwLater(() => {
      throw error;
    });
  }
}
