// Keeps the last publications of a log, and knows what they cost.

import { type HistoryLimits, HistoryWindow, type Publication } from '../../channel/index.ts';
import type { PublicationStore } from './channel-parts.ts';
import { publicationCost } from './stored-bytes.ts';

export class LogTable extends HistoryWindow<Publication> implements PublicationStore {
  #bytes = 0;

  constructor(limits: HistoryLimits) {
    super(limits);
  }

  get bytes(): number {
    return this.#bytes;
  }

  override append(publication: Publication, now: number): void {
    super.append(publication, now);
    this.#bytes += publicationCost(publication);
  }

  override dropOldest(): Publication | undefined {
    const dropped = super.dropOldest();
    if (dropped !== undefined) this.#bytes -= publicationCost(dropped);
    return dropped;
  }
}
