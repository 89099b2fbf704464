// What the parts of one WebSocket server share: its settings, handlers, connections and counts.

import type { ByteStream } from '../byte-stream.ts';
import type { ConnectionHandlers } from '../connection/connection.ts';
import { SharedBudget } from '../connection/shared-budget.ts';
import { Gate } from './gate.ts';
import { reportTo } from './report-error.ts';
import { type ConnectionIdentity, type ConnectionOwner, ServerConnection } from './server-connection.ts';
import type { CountedLimit } from './server-counters.ts';
import type { ServerSettings, WebSocketServerOptions } from './server-options.ts';

/** The application's functions: the handlers of connections, and the hook that decides about requests. */
export type ServerHandlers<Data> = ConnectionHandlers<Data> & Pick<WebSocketServerOptions<Data>, 'upgrade'>;

/** What a server that closes asks of a handshake that is under way. */
export interface PendingHandshake {
  /** Answers that the server is closing, or cuts what has not even asked. */
  dismiss(): void;
}

export class ServerCore<Data> implements ConnectionOwner<Data> {
  readonly settings: ServerSettings;
  readonly handlers: ServerHandlers<Data>;
  readonly gate: Gate;
  readonly budget: SharedBudget;
  readonly connections = new Set<ServerConnection<Data>>();
  /** The opening handshakes under way. */
  readonly handshakes = new Set<PendingHandshake>();
  /** Whether new connections are taken. */
  isAccepting = true;
  /** Called when the last connection is gone. */
  onEmpty: (() => void) | undefined;

  constructor(settings: ServerSettings, handlers: ServerHandlers<Data>) {
    this.settings = settings;
    this.handlers = handlers;
    this.gate = new Gate(settings, (error) => this.report(error));
    this.budget = new SharedBudget(settings.limits, this);
  }

  /** Begins a connection on a stream that was just opened; `head` is what arrived behind the opening handshake. */
  open(stream: ByteStream, identity: ConnectionIdentity<Data>, head?: Buffer): void {
    const connection = new ServerConnection<Data>(stream, this, identity);
    this.connections.add(connection);
    connection.start(head);
  }

  forget(connection: ServerConnection<Data>): void {
    this.connections.delete(connection);
    this.gate.admission.leave(connection.remoteAddress);
    if (this.connections.size === 0) this.onEmpty?.();
  }

  count(limit: CountedLimit): void {
    this.gate.count(limit);
  }

  /** Tells the application of an error that belongs to no connection. */
  report(error: Error): void {
    reportTo(this.handlers, error);
  }
}
