// What the sequencer of a channel needs of the place where it keeps publications, whatever the delivery class.

import type { Draft, HistoryLimits, Publication } from '../../channel/index.ts';

/** `HistoryWindow` is the one for `log`; `StateTable` and `MailboxTable` are the others. */
export interface PublicationStore {
  readonly head: number;
  readonly horizon: number;
  /** How many publications are kept. */
  readonly size: number;
  limits: HistoryLimits;
  /** Whether there is no room for this draft. Absent: there always is, older ones give way. */
  isFullFor?(draft: Draft): boolean;
  append(publication: Publication, now: number): void;
  trim(now: number): void;
  readAfter(offset: number, limit: number): Publication[];
  readBefore(offset: number, limit: number): Publication[];
}
