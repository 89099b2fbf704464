// The results of a run, as lines for terminals and as a table for documents.

import { cpuPercent, type Phase } from './phase.ts';
import type { AttackResult } from './run-attack.ts';

export function isHeld({ faults, delays }: AttackResult): boolean {
  return faults.length === 0 && delays.length === 0;
}

/** What the figures of `line` are. */
export const legend =
  'before → during → after: memory (its peak during), processor, descriptors (their most during),\n' +
  'longest delay of the event loop, 99th percentile of the well-behaved client';

/** One line for each attack, and one more for what is wrong with it. */
export function line(result: AttackResult): string {
  const verdict = isHeld(result) ? 'held  ' : 'FAILED';
  return [`${verdict} ${result.name.padEnd(24)} ${figures(result)}  ${result.answer}`]
    .concat(wrongs(result).map((fault) => `         ${fault}`))
    .join('\n');
}

function wrongs({ answer, faults, delays }: AttackResult): string[] {
  return [...faults.filter((fault) => fault !== answer), ...delays];
}

/** Each figure before, during and after. */
function figures({ before, during, after }: AttackResult): string {
  const loopOf = ({ loop }: Phase): string => (loop === undefined ? '–' : loop.maxMs.toFixed(0));
  const rows: readonly (readonly [values: readonly string[], unit: string])[] = [
    [[before.rssMiB, during.peakRssMiB, after.rssMiB].map((value) => value.toFixed(0)), 'MiB'],
    [[before, during, after].map((phase) => cpuPercent(phase).toFixed(0)), '%'],
    [[before.descriptors, during.peakDescriptors, after.descriptors].map(String), 'fd'],
    [[before, during, after].map(loopOf), 'ms'],
    [[before, during, after].map(({ client }) => client.p99Ms.toFixed(1)), 'ms'],
  ];
  const widths = [11, 8, 10, 9, 14];
  return rows
    .map(([values, unit], column) => `${values.join('→').padStart(widths[column] ?? 0)} ${unit}`)
    .join('  ');
}

export interface Run {
  readonly server: string;
  readonly results: readonly AttackResult[];
}

/** A table in Markdown: every attack, and what became of it on each server. */
export function table(runs: readonly Run[]): string {
  const [first] = runs;
  if (first === undefined) return '';
  const head = ['attack', ...runs.map(({ server }) => server)];
  const rows = first.results.map(({ name, about }) => [
    `**${name}**: ${about}`,
    ...runs.map(({ results }) => cell(results.find((result) => result.name === name))),
  ]);
  return markdown([head, ...rows]);
}

function cell(result: AttackResult | undefined): string {
  if (result === undefined) return '–';
  const { answer, before, during } = result;
  const verdict = isHeld(result) ? 'held' : '**failed**';
  const growth = Math.max(0, Math.round(during.peakRssMiB - before.rssMiB));
  const delays = [before, during].map(({ client }) => client.p99Ms.toFixed(1)).join(' → ');
  const spent = `+${growth} MiB, ${cpuPercent(during).toFixed(0)} % CPU, p99 ${delays} ms`;
  return `${verdict}: ${[answer, ...wrongs(result)].join('; ')} (${spent})`;
}

/** The figures of one server before, during and after every attack. */
export function figureTable({ results }: Run): string {
  const head = ['attack', 'runs', 'memory, MiB', 'processor, %', 'descriptors', 'loop delay, ms', 'p99, ms'];
  const rows = results.map(({ name, runs, before, during, after }) => {
    const phases = [before, during, after];
    const join = (values: readonly (number | undefined)[], digits = 0): string =>
      values.map((value) => value?.toFixed(digits) ?? '–').join(' → ');
    return [
      name,
      String(runs),
      join([before.rssMiB, during.peakRssMiB, after.rssMiB]),
      join(phases.map(cpuPercent)),
      join([before.descriptors, during.peakDescriptors, after.descriptors]),
      join(phases.map(({ loop }) => loop?.maxMs)),
      join(
        phases.map(({ client }) => client.p99Ms),
        1,
      ),
    ];
  });
  return markdown([head, ...rows]);
}

function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  if (head === undefined) return '';
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
