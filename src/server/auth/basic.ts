// Ready-made authentication by user and password in `Authorization: Basic` (RFC 7617), for devices and programs.

import type { Authenticate } from './authentication-desk.ts';
import { guest, type Identity } from './identity.ts';

export interface BasicOptions {
  /** Whether somebody without credentials is a guest, and not refused. @default false */
  readonly guests?: boolean;
}

export type CheckPassword = (
  user: string,
  password: string,
) => Identity | undefined | PromiseLike<Identity | undefined>;

/**
 * For `createRealtime({ authenticate: basic(check) })`. `check` says who it is, or nothing: refused with 4401. Compare
 * hashes of passwords, in constant time.
 */
export function basic(check: CheckPassword, { guests = false }: BasicOptions = {}): Authenticate {
  return (request) => {
    if (request.basic === undefined) return guests ? guest : undefined;
    return check(request.basic.user, request.basic.password);
  };
}
