// Counts sockets that are in the middle of their TLS handshake, where most of the work is done before anybody has asked.

import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { type Gate, Visit } from './gate.ts';

/** Turns away what is too many, before the handshake has cost anything. There is nobody to tell: nothing is agreed yet. */
export class TlsHandshakes {
  readonly #gate: Gate;
  /** By the two ends of the connection: Node does not tell which socket a TLS socket was made of. */
  readonly #visits = new Map<string, Visit>();

  constructor(gate: Gate, server: Server) {
    this.#gate = gate;
    server.on('connection', (socket: Socket) => this.#begin(socket));
  }

  /** The handshake is over: from here on the connection is counted as any other. */
  end(socket: TLSSocket): void {
    const key = endsOf(socket);
    this.#visits.get(key)?.abandon();
    this.#visits.delete(key);
  }

  #begin(socket: Socket): void {
    const visit = new Visit(this.#gate, socket.remoteAddress ?? '');
    if (this.#gate.checkDescriptor(socket) !== 'free' || !visit.enter()) {
      socket.destroy();
      return;
    }
    const key = endsOf(socket);
    this.#visits.set(key, visit);
    socket.on('close', () => {
      visit.abandon();
      if (this.#visits.get(key) === visit) this.#visits.delete(key);
    });
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
