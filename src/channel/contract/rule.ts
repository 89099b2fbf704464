// Who may do what: the rules that stand in a contract.

/** Who asks, as the server has authenticated it. */
export interface Asker {
  /** `undefined`: nobody has signed in. */
  readonly subject: string | undefined;
  /** What the credentials say besides, checked by the server. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * `anyone`; `authenticated`: who has a subject; `nobody`: only the server itself; or a function, which permits only by
 * returning `true`. It sees nothing but its arguments, so that the same contract can stand in a browser; what needs a
 * database belongs into the server's `authorize`.
 */
export type Rule<Parameters> =
  | 'anyone'
  | 'authenticated'
  | 'nobody'
  | ((asker: Asker, parameters: Parameters) => boolean);

/** Whatever the rule's function throws is thrown: the caller refuses, and reports it. */
export function permits<Parameters>(rule: Rule<Parameters>, asker: Asker, parameters: Parameters): boolean {
  if (rule === 'anyone') return true;
  if (rule === 'authenticated') return asker.subject !== undefined;
  if (rule === 'nobody') return false;
  // An `async` function returns a promise, which is as true as it can be: only `true` itself permits.
  return rule(asker, parameters) === true;
}

/** How a rule is shown in a printed contract. */
export function describeRule(rule: Rule<never>): string {
  return typeof rule === 'function' ? 'by rule' : rule;
}

export function isRule(value: unknown): boolean {
  return value === 'anyone' || value === 'authenticated' || value === 'nobody' || typeof value === 'function';
}
