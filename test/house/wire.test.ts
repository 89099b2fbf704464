// What must not stand in `src`, since strangers decide what it works on: regular expressions, plain objects as maps over
// names, and comparisons of secrets that stop at the first difference.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { read, sourcesBelow } from './source-files.ts';

/** Floors that only the one who runs them talks to. */
const inside = ['src/cli/', 'src/conformance/', 'src/testkit/', 'src/react/'];

/** Where a regular expression works on what the application itself wrote, or what this process made. */
const regularExpressions = new Map([
  ['src/broker/sqlite/sqlite-broker.ts', 'looks for one class of characters, in linear time'],
  ['src/channel/channel-pattern.ts', "a parameter's name in the application's pattern"],
  ['src/channel/contract/contract.ts', "names of the application's contract"],
  ['src/channel/contract/validation.ts', 'how a path is written in a message: one class, anchored, linear'],
  ['src/client/connection/server-address.ts', 'an address that the application gives'],
  ['src/websocket/drop-in/socket-options.ts', 'an address that the application gives'],
]);

/** Where a plain object is made of names that are the application's own, or ours. */
const plainObjects = new Map([
  ['src/channel/contract/contract.ts', 'the default of a parameter of a type'],
  ['src/websocket/connection/connection-limits.ts', 'copies the options without those that are undefined'],
  ['src/websocket/drop-in/socket-options.ts', 'copies the options without those that are undefined'],
  ['src/channel/contract/asyncapi.ts', "prints the application's contract"],
  ['src/channel/contract/json-schema.ts', "prints the application's contract"],
  ['src/broker/argument-check.ts', 'copies the options without those that are undefined'],
  ['src/server/metrics.ts', 'names of our own counters'],
  ['src/server/limits.ts', 'picks from the options by our own names'],
  ['src/server/realtime-server.ts', 'copies the options without those that are undefined'],
  ['src/websocket/server/server-counters.ts', 'names of our own counters'],
]);

const sources = sourcesBelow('src').filter((path) => !inside.some((folder) => path.startsWith(folder)));

/** The source without comments, and with strings and templates emptied. */
function codeOf(path: string): string {
  return read(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/`(?:[^`\\]|\\.)*`/g, '``');
}

function checkAll(pattern: RegExp, allowed: ReadonlyMap<string, string>, what: string): void {
  const found = new Set(sources.filter((path) => pattern.test(codeOf(path))));
  for (const path of found) assert.ok(allowed.has(path), `${path} has ${what}`);
  for (const path of allowed.keys())
    assert.ok(found.has(path), `${path} has no ${what} any more: take it off the list`);
}

describe('what works on the words of strangers', () => {
  it('uses no regular expression', () => {
    const literal =
      /(?:[=(,:?!&|{};]|return|=>)\s*\/(?![/*=])(?:[^/\\\n[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[dgimsuvy]*|\bRegExp\(/;
    checkAll(literal, regularExpressions, 'a regular expression');
  });

  it('uses no plain object as a map', () => {
    const record = /Record<string,[^=;]*>\s*=\s*\{\}|Object\.fromEntries\(/;
    checkAll(record, plainObjects, 'a plain object with names that may be anything');
  });

  it('compares secrets in constant time', () => {
    const name = /(?:tok|token|secret|password|passphrase|signature)/.source;
    const known = /\s*(?:undefined|null|''|typeof)/.source;
    const comparison = new RegExp(
      `\\b${name}\\b\\)?\\s*[!=]==(?!${known})|(?<!typeof [\\w.?#]+)\\s[!=]==\\s[\\w.?#]*\\b${name}\\b`,
    );
    checkAll(comparison, new Map(), 'a comparison that stops where two secrets differ');
  });

  it('takes ids, masking keys and secrets from `crypto`: nothing else is called random', () => {
    for (const path of sources)
      assert.doesNotMatch(codeOf(path), /Math\s*\.\s*random|\bDate\.now\(\)\.toString/, path);
  });
});
