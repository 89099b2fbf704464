// One connected client, as the server's own code sees it.

import { RequestError, type ServerConnection } from '../../session/index.ts';
import type { Connection } from '../../websocket/index.ts';
import { Visitor } from '../auth/authentication-desk.ts';
import type { AuthenticationRequest } from '../auth/authentication-request.ts';
import type { Identity } from '../auth/identity.ts';
import type { AskedOpening } from './opening.ts';

export interface ConnectedClient {
  /** The public name of its session; `undefined` until it was let in. */
  readonly sid: string | undefined;
  /** `undefined` for a guest, and until it was let in. */
  readonly subject: string | undefined;
  /** `undefined` until it was let in. */
  readonly identity: Identity | undefined;
  readonly remoteAddress: string;
  /** `json` also in the plain profile. */
  readonly codec: 'json' | 'msgpack';
  /** Whether it offered no subprotocol: the plain profile. */
  readonly isPlain: boolean;
  readonly subscriptionCount: number;
  /** Bytes that wait to be sent to it. */
  readonly bufferedAmount: number;
}

export class ClientLink implements ConnectedClient {
  readonly visitor: Visitor;
  readonly asked: AskedOpening;
  machine: ServerConnection | undefined = undefined;
  connection: Connection<ClientLink> | undefined = undefined;

  constructor(opening: AuthenticationRequest, asked: AskedOpening) {
    this.visitor = new Visitor(opening);
    this.asked = asked;
  }

  /** @throws {RequestError} when it may not, or was not let in yet. */
  subscribe(channel: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.machine?.subscribe(channel, (error) => {
        if (error === undefined) resolve();
        else reject(new RequestError(error));
      });
    });
  }

  get sid(): string | undefined {
    return this.machine?.sid;
  }

  get subject(): string | undefined {
    return this.identity?.subject;
  }

  get identity(): Identity | undefined {
    return this.visitor.identity;
  }

  get remoteAddress(): string {
    return this.visitor.whereabouts.remoteAddress;
  }

  get codec(): 'json' | 'msgpack' {
    return this.asked.codec.name;
  }

  get isPlain(): boolean {
    return this.asked.plain !== undefined;
  }

  get subscriptionCount(): number {
    return this.machine?.subscriptionCount ?? 0;
  }

  get bufferedAmount(): number {
    return this.connection?.bufferedAmount ?? 0;
  }
}
