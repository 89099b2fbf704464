// Draws horizontal bars with their spread, as SVG.
import type { Spread } from '../measure/statistics.ts';
import { escapeHtml } from './escape-html.ts';
import { number } from './figures.ts';

export interface Bar {
  readonly label: string;
  /** The class that colours it. */
  readonly className: string;
  readonly value: Spread;
}

const width = 340;
const labelWidth = 112;
const valueWidth = 46;
const lineHeight = 24;

export function barChart(bars: readonly Bar[]): string {
  const greatest = Math.max(...bars.map(({ value }) => value.greatest));
  const scale = (value: number) => (value / greatest) * (width - labelWidth - valueWidth);
  const lines = bars.map(({ label, className, value }, index) => {
    const y = index * lineHeight;
    const end = labelWidth + scale(value.greatest);
    return `<text x="0" y="${y + 16}">${escapeHtml(label)}</text>
<rect class="${className}" x="${labelWidth}" y="${y + 4}" width="${Math.max(1, scale(value.median)).toFixed(1)}" height="16" rx="2"/>
<line class="spread" x1="${(labelWidth + scale(value.least)).toFixed(1)}" x2="${end.toFixed(1)}" y1="${y + 12}" y2="${y + 12}"/>
<text x="${(end + 6).toFixed(1)}" y="${y + 16}">${number(value.median)}</text>`;
  });
  const summary = bars.map(({ label, value }) => `${label} ${number(value.median)}`).join(', ');
  return `<svg viewBox="0 0 ${width} ${bars.length * lineHeight}" role="img" aria-label="${escapeHtml(summary)}">${lines.join('')}</svg>`;
}
