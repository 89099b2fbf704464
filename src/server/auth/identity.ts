// Who somebody is, as `authenticate` says.

import { UsageError } from '../../channel/index.ts';

export interface Identity {
  /** At most 64 characters, without `/`. Absent: nobody has signed in, and rules see no subject. */
  readonly subject?: string | undefined;
  /** What rules and handlers may ask about, such as roles. @default {} */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /**
   * When the credential runs out, in milliseconds since 1970. The client is asked for a new one before; without one the
   * connection is closed with 4200. @default never
   */
  readonly expiresAt?: number | undefined;
}

/** What `authenticate` returns to let somebody in who has not signed in. */
export const guest: Identity = Object.freeze({});

const maxSubjectLength = 64;

/** @throws {UsageError} when the subject cannot be one: it names members of presence, and `/` ends it there. */
export function checkIdentity({ subject, expiresAt }: Identity): void {
  if (subject !== undefined) {
    if (typeof subject !== 'string' || subject.length === 0 || subject.length > maxSubjectLength) {
      throw new UsageError(`authenticate: a subject is a text of 1 to ${maxSubjectLength} characters`);
    }
    if (subject.includes('/')) throw new UsageError('authenticate: a subject holds no slash');
  }
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new UsageError(`authenticate: expiresAt is no time: ${String(expiresAt)}`);
  }
}
