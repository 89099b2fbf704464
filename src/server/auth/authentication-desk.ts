// Asks the application who somebody is, for the hub: at the opening, and when a credential is renewed.

import { type Authentication, type Credentials, SessionCloseCode } from '../../session/index.ts';
import {
  type AuthenticationRequest,
  renewalRequest,
  type Whereabouts,
  withPacketToken,
} from './authentication-request.ts';
import { checkIdentity, guest, type Identity } from './identity.ts';

/** Returns who it is, `guest` for somebody unknown who may stay, or nothing: refused, with 4401. */
export type Authenticate = (
  request: AuthenticationRequest,
) => Identity | undefined | null | PromiseLike<Identity | undefined | null>;

/** One connection, as the desk knows it: the hub hands it back as the origin of credentials. */
export class Visitor {
  /** Until somebody was let in by it. */
  opening: AuthenticationRequest | undefined;
  identity: Identity | undefined = undefined;
  readonly whereabouts: Whereabouts;

  constructor(opening: AuthenticationRequest) {
    const { path, origin, remoteAddress, isSecure } = opening;
    this.opening = opening;
    this.whereabouts = { path, origin, remoteAddress, isSecure };
  }
}

export interface AuthenticationDeskOptions {
  readonly authenticate: Authenticate | undefined;
  wallTime(): number;
  report(error: unknown): void;
  onAnswer(isAccepted: boolean): void;
}

export class AuthenticationDesk {
  readonly #options: AuthenticationDeskOptions;

  constructor(options: AuthenticationDeskOptions) {
    this.#options = options;
  }

  authenticate({ token, origin }: Credentials, done: (answer: Authentication) => void): void {
    const visitor = origin as Visitor;
    const { authenticate, report } = this.#options;
    const { opening = renewalRequest(visitor.whereabouts, visitor.identity) } = visitor;
    const request = withPacketToken(opening, token);
    const settle = (identity: Identity | undefined | null): void => done(this.#settle(visitor, identity));
    const fail = (error: unknown): void => {
      report(error);
      this.#options.onAnswer(false);
      done({ type: 'rejected', closeCode: SessionCloseCode.InternalError, reason: 'internal error' });
    };
    if (authenticate === undefined) return settle(guest);
    try {
      const answer = authenticate(request);
      if (isPromiseLike(answer)) answer.then(settle, fail).then(undefined, report);
      else settle(answer);
    } catch (error) {
      fail(error);
    }
  }

  #settle(visitor: Visitor, identity: Identity | undefined | null): Authentication {
    const { onAnswer, report, wallTime } = this.#options;
    if (identity === undefined || identity === null) {
      onAnswer(false);
      return { type: 'rejected', reason: 'not authenticated' };
    }
    try {
      checkIdentity(identity);
    } catch (error) {
      report(error);
      onAnswer(false);
      return { type: 'rejected', closeCode: SessionCloseCode.InternalError, reason: 'internal error' };
    }
    const expiresInMs = identity.expiresAt === undefined ? undefined : identity.expiresAt - wallTime();
    if (expiresInMs !== undefined && expiresInMs <= 0) {
      onAnswer(false);
      return {
        type: 'rejected',
        closeCode: SessionCloseCode.CredentialExpired,
        reason: 'credential expired',
      };
    }
    onAnswer(true);
    // The subject of a connection never changes: the hub refuses a refresh by somebody else.
    if (visitor.opening !== undefined || visitor.identity?.subject === identity.subject) {
      visitor.identity = identity;
    }
    visitor.opening = undefined;
    return {
      type: 'accepted',
      subject: identity.subject ?? '',
      identity,
      ...(expiresInMs !== undefined && { expiresInMs: Math.ceil(expiresInMs) }),
    };
  }
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
