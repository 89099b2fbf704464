// The results of a run, as a table for terminals and for documents.

import type { AttackResult } from './run-attack.ts';

export function isHeld({ faults, delays }: AttackResult): boolean {
  return faults.length === 0 && delays.length === 0;
}

/** One line for each attack. */
export function line(result: AttackResult): string {
  const { name, answer, faults, delays, before, peakMiB, during, longestDelayMs = 0 } = result;
  const verdict = isHeld(result) ? 'held  ' : 'FAILED';
  const growth = `+${Math.max(0, Math.round(peakMiB - before.rssMiB))} MiB`;
  const wrong = [...faults.filter((fault) => fault !== answer), ...delays];
  return [
    `${verdict} ${name.padEnd(24)} ${growth.padStart(9)}  p99 ${during.p99Ms.toFixed(1).padStart(7)} ms  ` +
      `loop ${longestDelayMs.toFixed(0).padStart(4)} ms  ${answer}`,
    ...wrong.map((fault) => `         ${fault}`),
  ].join('\n');
}

/** A table in Markdown: every attack, and what became of it on each server. */
export function table(
  runs: readonly { readonly server: string; readonly results: readonly AttackResult[] }[],
): string {
  const [first] = runs;
  if (first === undefined) return '';
  const head = ['attack', ...runs.map(({ server }) => server)];
  const rows = first.results.map(({ name, about }) => [
    `**${name}**: ${about}`,
    ...runs.map(({ results }) => cell(results.find((result) => result.name === name))),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(result: AttackResult | undefined): string {
  if (result === undefined) return '–';
  const { answer, faults, delays, before, peakMiB, quiet, during, after } = result;
  const wrong = [...faults.filter((fault) => fault !== answer), ...delays];
  const figures =
    `+${Math.max(0, Math.round(peakMiB - before.rssMiB))} MiB, ${Math.round(after.cpuMs - before.cpuMs)} ms CPU, ` +
    `p99 ${quiet.p99Ms.toFixed(1)} → ${during.p99Ms.toFixed(1)} ms`;
  const verdict = isHeld(result) ? 'held' : '**failed**';
  return `${verdict}: ${[answer, ...wrong].join('; ')} (${figures})`.replaceAll('|', '\\|');
}
