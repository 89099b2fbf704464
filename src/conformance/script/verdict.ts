// What a case says about an endpoint.

/**
 * - `strict`: exactly as the RFC says, SHOULD as well as MUST.
 * - `acceptable`: within the RFC, though not what it recommends.
 * - `informational`: the RFC leaves it open; the report only says what happened.
 * - `failed`: against the RFC.
 * - `skipped`: the endpoint lacks what the case needs.
 */
export type Verdict = 'strict' | 'acceptable' | 'informational' | 'failed' | 'skipped';

export const verdicts: readonly Verdict[] = ['strict', 'acceptable', 'informational', 'failed', 'skipped'];

export interface Outcome {
  readonly verdict: Verdict;
  /** One sentence; empty when there is nothing to add to `strict`. */
  readonly detail: string;
}

export const strict: Outcome = Object.freeze({ verdict: 'strict', detail: '' });
export const acceptable = (detail: string): Outcome => ({ verdict: 'acceptable', detail });
export const informational = (detail: string): Outcome => ({ verdict: 'informational', detail });
export const failed = (detail: string): Outcome => ({ verdict: 'failed', detail });
export const skipped = (detail: string): Outcome => ({ verdict: 'skipped', detail });

const gravity: Record<Verdict, number> = {
  strict: 0,
  informational: 1,
  acceptable: 2,
  skipped: 3,
  failed: 4,
};

/** The graver of two outcomes; the first of two alike. */
export function worse(a: Outcome, b: Outcome): Outcome {
  return gravity[b.verdict] > gravity[a.verdict] ? b : a;
}
