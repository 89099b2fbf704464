// A self-contained HTML page of one run, or a matrix of several: one file, no requests, light and dark.

import { allGroups } from '../cases/index.ts';
import { type CaseResult, countVerdicts, type RunResult } from '../result.ts';
import { groupOf } from '../script/case.ts';
import { verdicts } from '../script/verdict.ts';
import { pageScript, pageStyle } from './html-assets.ts';

/** Runs of servers and of clients may be mixed: where a case does not apply, its cell is empty. */
export function formatHtml(runs: readonly RunResult[]): string {
  const results = runs.map((run) => new Map(run.results.map((result) => [result.id, result])));
  const groups = allGroups
    .map((group) => ({ ...group, cases: group.cases.filter(({ id }) => results.some((map) => map.has(id))) }))
    .filter(({ cases }) => cases.length > 0);

  const summary = groups.map(
    ({ name, title, cases }) => `
      <tr><th scope="row"><a href="#${name}">${escapeHtml(title)}</a> <small>${cases.length}</small></th>
      ${runs.map((run) => `<td>${bar(run.results.filter(({ id }) => groupOf(id) === name))}</td>`).join('')}</tr>`,
  );
  const sections = groups.map(({ name, title, cases }) => {
    const rows = cases.map(({ id, section, title: sentence }) => {
      const cells = results.map((map) => cell(map.get(id)));
      const worst = verdicts
        .toReversed()
        .find((verdict) => results.some((map) => map.get(id)?.verdict === verdict));
      const details = results.map((map, index) => detail(runs[index]!, map.get(id))).join('');
      return `
      <tr data-worst="${worst}" data-text="${escapeHtml(`${id} ${sentence} ${section}`.toLowerCase())}">
        <th scope="row"><details><summary><code>${escapeHtml(id)}</code> ${escapeHtml(sentence)}</summary>
        <p class="section">${escapeHtml(section)}</p>${details}</details></th>${cells.join('')}</tr>`;
    });
    return `
    <section id="${name}"><h2>${escapeHtml(title)}</h2>
    <table class="cases"><thead><tr><th></th>${runs.map(columnHead).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
  });

  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>WebSocket conformance: ${escapeHtml(runs.map(({ name }) => name).join(', '))}</title>
<style>${pageStyle}</style></head><body>
<header><h1>WebSocket conformance</h1>
<p>${runs.map(describeRun).join('<br>')}</p>
<p class="legend">${verdicts.map((verdict) => `<span><i class="${verdict}"></i>${verdict}</span>`).join('')}</p></header>
<main><table class="summary"><thead><tr><th></th>${runs.map(columnHead).join('')}</tr></thead><tbody>
<tr class="all"><th scope="row">All</th>${runs.map((run) => `<td>${bar(run.results)}</td>`).join('')}</tr>${summary.join('')}
</tbody></table>
<form class="filter"><input type="search" placeholder="Find a case" aria-label="Find a case">
${verdicts.map((verdict) => `<label><input type="checkbox" value="${verdict}" checked>${verdict}</label>`).join('')}</form>
${sections.join('')}</main>
<footer>Made by <code>tidewire conform</code> from RFC 6455, 7692 and 8441.</footer>
<script>${pageScript}</script></body></html>
`;
}

function describeRun(run: RunResult): string {
  const counts = countVerdicts(run.results);
  const parts = verdicts
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`);
  const when = run.startedAt.slice(0, 16).replace('T', ' ');
  return `<b>${escapeHtml(run.name)}</b>, ${run.role}, ${run.transport}: ${run.results.length} cases, ${parts.join(', ')} · ${when} UTC`;
}

function columnHead({ name, role, transport }: RunResult): string {
  return `<th scope="col">${escapeHtml(name)}<small>${role}${transport === 'http/2' ? ', HTTP/2' : ''}</small></th>`;
}

/** One bar whose parts are the verdicts. */
function bar(results: readonly CaseResult[]): string {
  if (results.length === 0) return '';
  const counts = countVerdicts(results);
  const parts = verdicts
    .filter((verdict) => counts[verdict] > 0)
    .map(
      (verdict) =>
        `<i class="${verdict}" style="flex-grow:${counts[verdict]}" title="${counts[verdict]} ${verdict}"></i>`,
    );
  const applied = results.length - counts.skipped;
  const figure =
    counts.failed > 0
      ? `${counts.failed} failed`
      : applied === 0
        ? 'skipped'
        : `${counts.strict} of ${applied}`;
  return `<div class="bar">${parts.join('')}</div><small>${figure}</small>`;
}

function cell(result: CaseResult | undefined): string {
  if (result === undefined) return '<td></td>';
  return `<td><i class="${result.verdict}" title="${escapeHtml(`${result.verdict}${result.detail && `: ${result.detail}`}`)}"></i></td>`;
}

function detail({ name }: RunResult, result: CaseResult | undefined): string {
  if (result === undefined || result.verdict === 'strict') return '';
  const transcript =
    result.transcript.length === 0 ? '' : `<pre>${escapeHtml(result.transcript.join('\n'))}</pre>`;
  return `<p><i class="${result.verdict}"></i> <b>${escapeHtml(name)}</b>: ${escapeHtml(result.detail || result.verdict)}</p>${transcript}`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
