import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { filesBelow, linesOf, read, sourcesBelow } from './source-files.ts';

const sources = sourcesBelow('src');
const written = [...sources, ...sourcesBelow('test'), ...sourcesBelow('examples')];

/** Words that say nothing about what a file is for. */
const forbidden = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'types', 'misc']);

describe('names', () => {
  it('of files and folders say what is in them', () => {
    for (const path of written) {
      // Tests of what the compiler infers are about types, and the folder may say so.
      for (const part of path.replace('test/types/', '').split('/')) {
        for (const word of part.replace(/\.(test|d)?\.?ts$/, '').split('-')) {
          assert.ok(!forbidden.has(word), `${path} is named after nothing`);
        }
      }
    }
  });

  it('of exports avoid the same words', () => {
    for (const path of sources) {
      for (const { number, text } of linesOf(path)) {
        const name = /^export (?:abstract )?(?:class|function|const|interface|type) (\w+)/.exec(text)?.[1];
        assert.ok(
          !/(?:Utils?|Helpers?|Manager|Common)$/.test(name ?? ''),
          `${path}:${number} exports ${name}`,
        );
      }
    }
  });

  it('of tests mirror the sources that they cover', () => {
    const covered = new Set(sources.map((path) => path.slice('src/'.length, -'.ts'.length)));
    const floorFolders = new Set(sources.map((path) => path.split('/')[1]));
    for (const path of sourcesBelow('test').filter((file) => file.endsWith('.test.ts'))) {
      const [, folder] = path.split('/');
      if (!floorFolders.has(folder)) continue;
      // A second file about the same source says what it adds: endpoint.property.test.ts.
      const [source = ''] = path.slice('test/'.length).split('.');
      // A file about a whole folder is named after it: conformance/cases.test.ts.
      const isFolder = sources.some((file) => file.startsWith(`src/${source}/`));
      // A file about more than a folder, such as a rule of the channel protocol, opens by saying what it is about.
      const says = read(path).startsWith('// ');
      assert.ok(
        covered.has(source) || isFolder || says,
        `${path} covers no file of src, and does not say what else`,
      );
    }
  });
});

describe('sources', () => {
  it('open with a sentence that says what they are', () => {
    for (const path of sources) {
      const [first = '', second = ''] = read(path).split('\n');
      const opening = first.startsWith('#!') ? second : first;
      assert.match(opening, /^\/\/ \S/, `${path} opens with ${JSON.stringify(opening)}`);
    }
  });

  it('take no randomness that can be guessed', () => {
    for (const path of sources) {
      for (const { number, text } of linesOf(path)) {
        assert.ok(!text.includes('Math.random'), `${path}:${number} calls Math.random`);
      }
    }
  });

  it('swallow no error in silence', () => {
    for (const path of sources) {
      assert.doesNotMatch(read(path), /catch\s*(?:\([^)]*\)\s*)?\{\s*\}/, `${path} has an empty catch`);
    }
  });

  it('are one idea: none is longer than 600 lines', () => {
    for (const path of sources) assert.ok(linesOf(path).length <= 600, `${path} is too long`);
  });
});

describe('tests', () => {
  it('are not skipped, and no single one is run alone', () => {
    for (const path of sourcesBelow('test')) {
      if (basename(path) === 'names.test.ts') continue;
      assert.doesNotMatch(read(path), /\b(?:it|describe|test)\.only\(/, `${path} runs one test alone`);
    }
  });

  it('leave no compiled JavaScript among the sources', () => {
    for (const folder of ['src', 'test']) {
      for (const path of filesBelow(folder)) assert.doesNotMatch(path, /\.(?:js|d\.ts\.map|js\.map)$/);
    }
  });
});
