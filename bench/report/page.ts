// Writes the page of results: one file with everything in it, charts drawn as SVG, no script.
import { curves as knownCurves } from '../curves.ts';
import { type CurveResult, isAvailable, type RowResult, type StudyResult } from '../measure/result.ts';
import { spreadOf } from '../measure/statistics.ts';
import { type PeerName, peerNames, peerTitles } from '../peers.ts';
import { type Bar, barChart } from './bar-chart.ts';
import { escapeHtml } from './escape-html.ts';
import { cellText, number, targetText, verdict } from './figures.ts';
import { lineChart } from './line-chart.ts';
import type { Results } from './results-store.ts';

export function pageOf({ rows, studies, curves }: Results): string {
  const targets = rows.flatMap((row) => row.targets).filter((target) => target.met !== undefined);
  const met = targets.filter((target) => target.met).length;
  const latest = [...rows, ...studies, ...curves].toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tidewire benchmarks</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Tidewire benchmarks</h1>
<p>CPU time a message, ours and the peers’, measured in alternating rounds of one run. Shorter is better; a bar is the
median, the thin line its least and greatest round. <strong>${met} of ${targets.length} targets met.</strong></p>
<p class="quiet">${latest === undefined ? '' : escapeHtml(`${latest.date} UTC · ${latest.machine} · Node ${latest.node}`)}</p>
</header>
<main>
<section class="rows">${rows.map(rowCard).join('\n')}</section>
${studies.length === 0 ? '' : `<h2>Scale</h2><section class="studies">${studies.map(studyCard).join('\n')}</section>`}
${curves.length === 0 ? '' : `<h2>Cost curves</h2><section class="curves">${curves.map(curveCard).join('\n')}</section>`}
</main>
</body>
</html>
`;
}

function rowCard(row: RowResult): string {
  const bars = peerNames.flatMap((peer): Bar[] => {
    const result = row.peers[peer];
    return isAvailable(result)
      ? [{ label: peerTitles[peer], className: peer, value: spreadOf(result.costs) }]
      : [];
  });
  const targets = row.targets.map((target) => {
    const className = target.met === undefined ? 'open' : target.met ? 'met' : 'missed';
    return `<li class="${className}">${escapeHtml(targetText(target, row.unit))} <b>${verdict(target)}</b></li>`;
  });
  const missing = peerNames.flatMap((peer) => {
    const result = row.peers[peer];
    return result === undefined || isAvailable(result) ? [] : [`${peerTitles[peer]}: ${result.unavailable}`];
  });
  return `<article id="${row.id}">
<h3><span>${row.id}</span> ${escapeHtml(row.title)}</h3>
<p class="quiet">${row.unit} per ${row.per}</p>
${barChart(bars)}
<ul>${targets.join('')}</ul>
${missing.map((line) => `<p class="quiet">${escapeHtml(line)}</p>`).join('')}
</article>`;
}

function curveCard(curve: CurveResult): string {
  const peers = peerNames.filter((peer) => curve.points.some((point) => isAvailable(point.peers[peer])));
  const lines = peers.map((peer) => ({
    label: peerTitles[peer],
    className: peer,
    points: curve.points.flatMap(({ x, peers: { [peer]: result } }) =>
      isAvailable(result) ? [{ x, y: spreadOf(result.costs).median }] : [],
    ),
  }));
  return `<article id="curve-${curve.id}">
<h3>${escapeHtml(curve.title)}</h3>
<p class="quiet">${escapeHtml(curve.unit)}, both axes logarithmic</p>
${lineChart(lines, curve.axis)}
<p class="legend">${peers.map((peer: PeerName) => `<span class="${peer}">${peerTitles[peer]}</span>`).join(' ')}</p>
${curveTable(curve, peers)}
<p class="quiet">${escapeHtml(knownCurves.find(({ id }) => id === curve.id)?.remark ?? '')}</p>
</article>`;
}

function studyCard({ id, title, remarks, tables }: StudyResult): string {
  const parts = tables.map(({ caption, header, lines }) => {
    const head = header.map((text) => `<th scope="col">${marked(text)}</th>`).join('');
    const rows = lines.map(([first = '', ...cells]) => {
      const rest = cells.map((cell) => `<td>${marked(cellText(cell))}</td>`).join('');
      return `<tr><th scope="row">${marked(cellText(first))}</th>${rest}</tr>`;
    });
    const name = caption === '' ? '' : `<caption>${escapeHtml(caption)}</caption>`;
    return `<table>${name}<tr>${head}</tr>${rows.join('')}</table>`;
  });
  return `<article id="study-${id}">
<h3>${escapeHtml(title)}</h3>
${remarks.map((remark) => `<p class="quiet">${marked(remark)}</p>`).join('\n')}
${parts.join('\n')}
</article>`;
}

/** HTML for the few marks that findings use: `code`, **strong** and *emphasis*. */
function marked(text: string): string {
  return escapeHtml(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/\*([^*]+)\*/g, '<em>$1</em>');
}

/** The same figures in words, for those who cannot see the lines. */
function curveTable(curve: CurveResult, peers: readonly PeerName[]): string {
  const lines = curve.points.map(({ x, peers: results }) => {
    const cells = peers.map((peer) => {
      const result = results[peer];
      return `<td>${isAvailable(result) ? number(spreadOf(result.costs).median) : '–'}</td>`;
    });
    return `<tr><th scope="row">${x}</th>${cells.join('')}</tr>`;
  });
  const head = peers.map((peer) => `<th scope="col">${peerTitles[peer]}</th>`).join('');
  return `<details><summary>Figures</summary><table><tr><th scope="col">${escapeHtml(curve.axis)}</th>${head}</tr>${lines.join('')}</table></details>`;
}

const style = `
:root { color-scheme: light dark; --ink: #1b2830; --quiet: #66757f; --paper: #f5f7f8; --card: #fff; --line: #dfe5e9;
  --tidewire: #00838f; --ws: #e0762f; --bun: #b05ca8; --deno: #5b7fd1; --undici: #6a9a3c; --net: #97a3ab; --socketio: #c2a23a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4ebef; --quiet: #93a2ac; --paper: #11181c; --card: #1a2329;
  --line: #2c3840; --tidewire: #2cc4d1; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header p { max-width: 46rem; margin: .4rem 0; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.5rem 0 1rem; } h3 { margin: 0; font-size: 1rem; }
h3 span { color: var(--tidewire); }
.quiet { margin: .1rem 0 .6rem; color: var(--quiet); font-size: .85rem; }
.rows, .curves, .studies { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); margin-top: 1.5rem; }
.curves { grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--ink); font-size: 12px; } svg .tick { fill: var(--quiet); font-size: 11px; }
svg .grid { stroke: var(--line); } svg .spread { stroke: var(--ink); opacity: .55; }
svg polyline { fill: none; stroke-width: 2; }
${peerNames.map((peer) => `rect.${peer}, circle.${peer} { fill: var(--${peer}); } polyline.${peer} { stroke: var(--${peer}); }`).join('\n')}
.legend span::before { content: ''; display: inline-block; width: .7em; height: .7em; margin-right: .35em; border-radius: 2px; }
.legend span { margin-right: .9em; font-size: .85rem; }
${peerNames.map((peer) => `.legend .${peer}::before { background: var(--${peer}); }`).join('\n')}
ul { list-style: none; margin: .7rem 0 0; padding: 0; font-size: .85rem; }
li::before { content: '●'; margin-right: .5em; } li.met::before { color: #2e9e5b; } li.missed::before { color: #d1453b; }
li.open { color: var(--quiet); }
details { margin-top: .5rem; font-size: .85rem; } table { border-collapse: collapse; }
td, th { padding: .15rem .7rem .15rem 0; text-align: right; font-weight: normal; } th[scope=row] { text-align: left; }
.studies { grid-template-columns: minmax(0, 1fr); } .studies article { overflow-x: auto; } .studies .quiet { max-width: 52rem; }
.studies td { padding-left: 1rem; white-space: nowrap; } .studies table { font-size: .85rem; margin-top: .8rem; } caption { text-align: left; font-weight: 600; }
`;
