// How many files and sockets this process may have open: at the end of them, Node drops connections without a word.

import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';

/** Assumed where the system does not say: Windows has no such limit to speak of. */
const UNKNOWN_LIMIT = 65_536;

let known: number | undefined;

/** The process's limit of open files and sockets. */
export function openFileLimit(): number {
  known ??= readLimit();
  return known;
}

/** What is left for sockets, when enough is kept for files, for connections outward, and for saying 503. */
export function usableDescriptors(): number {
  const limit = openFileLimit();
  const kept = Math.min(Math.max(Math.floor(limit / 8), 64), Math.floor(limit / 2));
  return limit - kept;
}

/**
 * The number of a socket's descriptor; -1 where it has none, or hides it. A new one gets the lowest number that is free,
 * so that all below it are open: it tells how many there are, whoever opened them.
 */
export function descriptorOf(carrier: Duplex): number {
  const { _handle: handle } = carrier as { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' ? handle.fd : -1;
}

function readLimit(): number {
  if (process.platform === 'win32') return UNKNOWN_LIMIT;
  try {
    const line = readFileSync('/proc/self/limits', 'latin1')
      .split('\n')
      .find((text) => text.startsWith('Max open files'));
    const [soft = ''] = (line ?? '').slice('Max open files'.length).trim().split(' ', 1);
    if (Number.isInteger(Number(soft)) && Number(soft) > 0) return Number(soft);
  } catch {
    // Not Linux: the report below knows, and takes longer.
  }
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | string } };
  };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isInteger(soft) && soft > 0 ? soft : UNKNOWN_LIMIT;
}
