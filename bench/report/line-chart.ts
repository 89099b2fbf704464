// Draws lines over two logarithmic axes, as SVG.
import { escapeHtml } from './escape-html.ts';
import { number } from './figures.ts';

export interface Line {
  readonly label: string;
  /** The class that colours it. */
  readonly className: string;
  /** Both coordinates are positive. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const width = 480;
const height = 270;
const margin = { left: 44, right: 12, top: 10, bottom: 40 };

export function lineChart(lines: readonly Line[], axis: string): string {
  const points = lines.flatMap((line) => line.points);
  const xs = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const decades = decadesAround(points.map(({ y }) => y));
  const x = logarithmic(xs[0]!, xs.at(-1)!, { from: margin.left, to: width - margin.right });
  const y = logarithmic(decades[0]!, decades.at(-1)!, { from: height - margin.bottom, to: margin.top });
  const grid = decades.map(
    (
      value,
    ) => `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}"/>
<text class="tick" x="${margin.left - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${value >= 1 ? value : number(value)}</text>`,
  );
  const ticks = xs.map(
    (value) =>
      `<text class="tick" x="${x(value)}" y="${height - margin.bottom + 16}" text-anchor="middle">${short(value)}</text>`,
  );
  const curves = lines.map(({ className, points }) => {
    const path = points.map((point) => `${x(point.x)},${y(point.y)}`).join(' ');
    const dots = points.map(
      (point) => `<circle class="${className}" cx="${x(point.x)}" cy="${y(point.y)}" r="3"/>`,
    );
    return `<polyline class="${className}" points="${path}"/>${dots.join('')}`;
  });
  const name = `<text class="tick" x="${width / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(axis)}</text>`;
  const label = `cost over ${axis}: ${lines.map((line) => line.label).join(', ')}`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${[...grid, ...ticks, name, ...curves].join('')}</svg>`;
}

/** The powers of ten from just below the least value to just above the greatest. */
function decadesAround(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

function logarithmic(least: number, greatest: number, { from, to }: { from: number; to: number }) {
  const span = Math.log(greatest / least) || 1;
  return (value: number) => (from + (Math.log(value / least) / span) * (to - from)).toFixed(1);
}

/** `15k`, `64Ki`, `1Mi` */
function short(value: number): string {
  if (value >= 1_048_576) return `${value / 1_048_576}Mi`;
  if (value >= 1024 && value % 1024 === 0) return `${value / 1024}Ki`;
  return value >= 1000 ? `${value / 1000}k` : `${value}`;
}
