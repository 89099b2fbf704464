// The reference pages of channel errors and times say what the code says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  backoffDefaults,
  clientTimeDefaults,
  closeVerdict,
  errorRetry,
  SessionCloseCode,
  sessionTimeDefaults,
} from '../../src/session/index.ts';

/** The cells of every table row of a reference page, without the marks of code. */
function rows(page: string): string[][] {
  const file = new URL(`../../../docs/reference/${page}`, import.meta.url);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

describe('the reference tells what the code does', () => {
  const errors = rows('channel-errors.md');
  const times = rows('channel-times.md');

  it('every error code, with what trying again does', () => {
    for (const [code, retry] of Object.entries(errorRetry)) {
      assert.equal(errors.find(([name]) => name === code)?.[1], retry, code);
    }
  });

  it('every close code, by number and name, with what the client does', () => {
    const words = {
      stop: /^stays away/,
      backoff: /^comes back/,
      credentials: /credential/,
      elsewhere: /another address/,
    };
    for (const [name, code] of Object.entries(SessionCloseCode)) {
      const row = errors.find(([number]) => number === String(code));
      assert.equal(row?.[1], name);
      assert.match(row![2]!, words[closeVerdict(code)], name);
    }
  });

  it('every time, with its default', () => {
    const defaults = {
      ...sessionTimeDefaults,
      ...clientTimeDefaults,
      ...backoffDefaults,
    };
    for (const [name, value] of Object.entries(defaults)) {
      const cells = times.find(([option]) => option === name);
      assert.ok(
        cells?.some((cell) => cell.replaceAll(' ', '') === String(value)),
        `${name} ${value}`,
      );
    }
  });
});
