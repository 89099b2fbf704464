// The table of `--quick`: the ratios to ws now, and those that are stored.
import type { RowResult } from '../measure/result.ts';
import { spread } from './figures.ts';

export function quickTable(now: readonly RowResult[], stored: readonly RowResult[]): string {
  return now
    .map((result) => {
      const ratio = ratioToWs(result);
      const before = ratioToWs(stored.find(({ id }) => id === result.id));
      const title = `${result.id.padEnd(4)} ${result.title.padEnd(40)}`;
      if (ratio === undefined) return `${title} not available`;
      if (before === undefined) return `${title} ${spread(ratio)} × ws, nothing stored`;
      // Spreads that overlap are noise on a small shared machine.
      const remark =
        ratio.least > before.greatest ? '  SLOWER' : ratio.greatest < before.least ? '  faster' : '';
      return `${title} ${spread(ratio)} × ws, stored ${spread(before)}${remark}`;
    })
    .join('\n');
}

function ratioToWs(result: RowResult | undefined) {
  return result?.targets.find(({ against }) => against === 'ws')?.figure;
}
