// The verdict on a position: everything since, without a hole; or an explicit gap. There is no third.

import type { Position } from './position.ts';

/**
 * `epoch`: the log was lost or replaced. `trimmed`: what follows the position is no longer kept. `too_far`: kept, but
 * more than the server replays. `policy`: the reader was parked or may not have it. `unknown`: cannot be told.
 */
export type GapReason = 'epoch' | 'trimmed' | 'too_far' | 'policy' | 'unknown';

/** What a log can still tell. */
export interface KeptRange {
  readonly epoch: string;
  /** The highest offset that a reader must have passed to miss nothing: what is above it is kept. 0: all is kept. */
  readonly horizon: number;
  /** The offset of the last stored publication; 0: none yet. */
  readonly head: number;
}

export type ResumeVerdict =
  /** Everything from `from` to `to` follows; `from` is `to + 1` when nothing is missing. */
  | { readonly type: 'ok'; readonly from: number; readonly to: number }
  /** The reader goes on at `position`, and knows that it missed something. */
  | { readonly type: 'gap'; readonly reason: GapReason; readonly position: Position };

/** Judges a reader that stands at `asked`. `maxReplay` is how many offsets the server is ready to replay. */
export function judgeResume(
  asked: Position,
  kept: KeptRange,
  maxReplay = Number.MAX_SAFE_INTEGER,
): ResumeVerdict {
  const reason = findGap(asked, kept, maxReplay);
  if (reason === undefined) return { type: 'ok', from: asked.offset + 1, to: kept.head };
  return { type: 'gap', reason, position: { epoch: kept.epoch, offset: kept.head } };
}

function findGap(asked: Position, kept: KeptRange, maxReplay: number): GapReason | undefined {
  if (asked.epoch !== kept.epoch) return 'epoch';
  // A reader that is ahead of the log has read what the log no longer knows: it was rolled back, and offsets would
  // mean two things. Continuity cannot be proven, so this is the same as another epoch.
  if (asked.offset > kept.head) return 'epoch';
  if (asked.offset < kept.horizon) return 'trimmed';
  if (kept.head - asked.offset > maxReplay) return 'too_far';
  return undefined;
}
