// The table on the terminal: one row a line, ours beside each peer, and the targets.

import { isAvailable, type RowResult, type StudyResult } from '../measure/result.ts';
import { peerNames } from '../peers.ts';
import { cellText, costOf, number, targetText, verdict } from './figures.ts';

/** The lines of a table; columns for the peers that any row has. */
export function terminalTable(results: readonly RowResult[]): string {
  const peers = peerNames.filter((peer) => results.some((result) => result.peers[peer] !== undefined));
  const header = ['', 'work', 'unit', ...peers, 'load', 'targets'];
  const lines = results.map((result) => [
    result.id,
    result.title,
    result.unit,
    ...peers.map((peer) => costOf(result.peers[peer])),
    otherSideOf(result),
    result.targets.map((target) => `${targetText(target, result.unit)} ${verdict(target)}`).join('; '),
  ]);
  return align([header, ...lines]);
}

/** The tables of a study, each under its caption. */
export function studyTables({ title, tables }: StudyResult): string {
  const texts = tables.map(({ caption, header, lines }) =>
    [caption || title, align([header, ...lines.map((line) => line.map(cellText))])].join('\n'),
  );
  return `\n${texts.join('\n\n')}\n`;
}

/** Why a peer has no figure, one line each. */
export function unavailableLines(results: readonly RowResult[]): string[] {
  return results.flatMap(({ id, peers }) =>
    peerNames.flatMap((peer) => {
      const result = peers[peer];
      return result === undefined || isAvailable(result)
        ? []
        : [`${id} ${peer}: not available: ${result.unavailable}`];
    }),
  );
}

/** The CPU of the other side for each of our messages: it must not be what is short. */
function otherSideOf({ peers }: RowResult): string {
  const ours = peers.tidewire;
  if (!isAvailable(ours) || ours.otherSide === undefined) return '';
  return number(ours.otherSide.toSorted((a, b) => a - b)[ours.otherSide.length >> 1]!);
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
