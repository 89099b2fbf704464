// The table of `--quick`: the ratios to ws now, and those that are stored.
import type { RowResult } from '../measure/result.ts';
import { number, spread } from './figures.ts';

/** A change beyond this is worth a look; less is noise on a small shared machine. */
const noteworthy = 0.15;

export function quickTable(now: readonly RowResult[], stored: readonly RowResult[]): string {
  return now
    .map((result) => {
      const ratio = ratioToWs(result);
      const before = ratioToWs(stored.find(({ id }) => id === result.id));
      const title = `${result.id.padEnd(4)} ${result.title.padEnd(40)}`;
      if (ratio === undefined) return `${title} not available`;
      if (before === undefined) return `${title} ${spread(ratio)} × ws, nothing stored`;
      const change = ratio.median / before.median - 1;
      const remark = change > noteworthy ? '  SLOWER' : change < -noteworthy ? '  faster' : '';
      return `${title} ${spread(ratio)} × ws, stored ${number(before.median)}${remark}`;
    })
    .join('\n');
}

function ratioToWs(result: RowResult | undefined) {
  return result?.targets.find(({ against }) => against === 'ws')?.figure;
}
