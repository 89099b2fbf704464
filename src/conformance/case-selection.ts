// Chooses cases: by the role and transport that is tested, and by the patterns of `--only` and `--skip`.

import { allGroups } from './cases/index.ts';
import type { Case } from './script/case.ts';

export interface Selection {
  /** Patterns such as `framing`, `utf8.valid.*` or a whole id. @default all cases */
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
}

export function selectCases(
  role: 'server' | 'client',
  transport: 'http/1.1' | 'http/2',
  selection: Selection,
): Case[] {
  return allGroups
    .flatMap((group) => group.cases)
    .filter(({ tests }) => tests === undefined || tests === role)
    .filter((each) => transport === 'http/1.1' || !(each.request || each.response))
    .filter((each) => transport === 'http/2' || !(each.http2 || each.http2Answer))
    .filter(({ id }) => isSelected(id, selection));
}

export interface CaseLabel {
  readonly id: string;
  readonly section: string;
  readonly title: string;
}

/** Every case of the suite, whatever it tests. */
export function listCases(selection: Selection = {}): CaseLabel[] {
  return allGroups
    .flatMap((group) => group.cases)
    .filter(({ id }) => isSelected(id, selection))
    .map(({ id, section, title }) => ({ id, section, title }));
}

function isSelected(id: string, { only = [], skip = [] }: Selection): boolean {
  if (skip.some((pattern) => matches(id, pattern))) return false;
  return only.length === 0 || only.some((pattern) => matches(id, pattern));
}

/** A pattern matches an id as a whole or up to a dot; `*` stands for anything. */
function matches(id: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return id === pattern || id.startsWith(`${pattern}.`);
  if (!id.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = id.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return rest.at(-1) === '' || id.endsWith(rest.at(-1)!);
}
