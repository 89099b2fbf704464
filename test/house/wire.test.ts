// What must not stand in `src`, since strangers decide what it works on: regular expressions, plain objects as maps over
// names, and comparisons of secrets that stop at the first difference.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCode } from './source-code.ts';
import { read, sourcesBelow } from './source-files.ts';

/** Floors that only the one who runs them talks to. */
const inside = ['src/cli/', 'src/conformance/', 'src/testkit/', 'src/react/'];

/** Where a regular expression works on what the application itself wrote, or what this process made. */
const allowedExpressions = new Map([
  ['src/broker/sqlite/sqlite-broker.ts', 'looks for one class of characters, in linear time'],
  ['src/channel/channel-pattern.ts', "a parameter's name in the application's pattern"],
  ['src/channel/contract/contract.ts', "names of the application's contract"],
  ['src/channel/contract/validation.ts', 'how a path is written in a message: one class, anchored, linear'],
  ['src/client/connection/server-address.ts', 'an address that the application gives'],
  ['src/websocket/drop-in/socket-options.ts', 'an address that the application gives'],
]);

/** Where a plain object is made of names that are the application's own, or ours. */
const plainObjects = new Map([
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

const codeOf = (path: string): string => readCode(read(path)).code;

function checkAll(has: (path: string) => boolean, allowed: ReadonlyMap<string, string>, what: string): void {
  const found = new Set(sources.filter(has));
  for (const path of found) assert.ok(allowed.has(path), `${path} has ${what}`);
  for (const path of allowed.keys())
    assert.ok(found.has(path), `${path} has no ${what} any more: take it off the list`);
}

/** A regular expression by its name, or one that a method of strings makes of what it is given. */
const madeOfText = /\bRegExp\b|\.(?:match|matchAll|search)\(/;

/** An object without anything in it that is to hold any name, or one that is made of pairs. */
const openObject = new RegExp(
  [
    String.raw`:\s*(?:Readonly<|Partial<)*(?:Record<(?:string|PropertyKey|any)\b[^=;]*>|\{[^=;{}]*\[\w+: [^=;]*\}>*)\s*=\s*\{`,
    String.raw`\{\}\s*(?:as|satisfies)\s+(?:Readonly<|Partial<)*(?:Record<|\{[^;]*\[\w+:|any\b)`,
    String.raw`:\s*(?:any|object)\s*=\s*\{\}`,
    String.raw`\bfromEntries\b`,
    String.raw`\bObject\.assign\(\s*\{\s*\}`,
    String.raw`\bnew Object\b`,
  ].join('|'),
);

const secret =
  /[\w$#]*(?:[tT]oken|[sS]ecret|[pP]assword|[pP]assphrase|[sS]ignature|[cC]redential|[dD]igest|[hH]mac)s?\b/
    .source;
/** Strings are emptied: whether something is a constant is no secret. */
const harmless = /\s*(?:undefined|null|''|typeof|\d)/.source;
const earlyComparison = new RegExp(
  `${secret}\\)?\\s*[!=]==?(?!=)(?!${harmless})|(?<!typeof [\\w.?#]+)\\s[!=]==?\\s[\\w.?#]*${secret}`,
);

describe('what works on the words of strangers', () => {
  it('uses no regular expression', () => {
    const found = (path: string): boolean => {
      const { code, regularExpressions } = readCode(read(path));
      return regularExpressions.length > 0 || madeOfText.test(code);
    };
    checkAll(found, allowedExpressions, 'a regular expression');
  });

  it('uses no plain object as a map', () => {
    const found = (path: string): boolean => openObject.test(codeOf(path));
    checkAll(found, plainObjects, 'a plain object with names that may be anything');
  });

  it('compares secrets in constant time', () => {
    const found = (path: string): boolean => earlyComparison.test(codeOf(path));
    checkAll(found, new Map(), 'a comparison that stops where two secrets differ');
  });

  it('takes ids, masking keys and secrets from `crypto`: nothing else is called random', () => {
    for (const path of sources)
      assert.doesNotMatch(
        codeOf(path),
        /\bMath\s*(?:\?\.|\.|\[)\s*(?:random|'')|=\s*Math\s*[;,)]|\bDate\.now\(\)\.toString/,
        path,
      );
  });
});

describe('these checks', () => {
  for (const line of [
    'const list = [/a+/, other];',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code to be read
    "const text = `${name.replace(/a+/g, '')}`;",
    'return /[/]/.test(name);',
    "name.search('(a+)+$');",
    'const Expression = RegExp;',
  ]) {
    it(`see a regular expression in ${line}`, () => {
      const { code, regularExpressions } = readCode(line);
      assert.ok(regularExpressions.length > 0 || madeOfText.test(code), code);
    });
  }

  for (const line of [
    '// /a+/',
    'const half = (one + two) / 2 / length;',
    'const part = values[0]! / 2 ** 32, rest = 1 / 3;',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code to be read
    "const path = '/a/b/'; const other = `/a/${depth / 2}/b`;",
    '/* RegExp */ const at = text.indexOf(name);',
  ]) {
    it(`see none in ${line}`, () => {
      const { code, regularExpressions } = readCode(line);
      assert.ok(regularExpressions.length === 0 && !madeOfText.test(code), code);
    });
  }

  for (const line of [
    'const counts: Record<string, number> = {};',
    'const counts: { [name: string]: number } = {};',
    'private counts: Partial<Record<string, number>> = { first: 1 };',
    'const counts = {} as Record<string, number>;',
    'const all: any = {};',
    'const copy = Object.assign({}, headers);',
    'const { fromEntries } = Object;',
  ]) {
    it(`see a plain object in ${line}`, () => assert.match(readCode(line).code, openObject));
  }

  for (const line of [
    'if (token === given) return;',
    'if (given !== this.#resumeSecret) return;',
    'if (clientSecret == given.clientSecret) return;',
    'return hmac.digest === expected;',
  ]) {
    it(`see a comparison in ${line}`, () => assert.match(readCode(line).code, earlyComparison));
  }
});
