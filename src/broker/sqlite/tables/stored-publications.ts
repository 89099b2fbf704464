// A store of publications whose rows are deleted later than they are trimmed.

import type { PublicationStore } from '../../memory/channel-parts.ts';

export interface StoredPublications extends PublicationStore {
  /** Deletes the rows that trimming has left behind. Called in a transaction that writes anyway. */
  deleteTrimmed(): void;
}
