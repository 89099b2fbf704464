import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { attacks } from './index.ts';

const page = readFileSync(new URL('../../../../docs/attacks.md', import.meta.url), 'utf8');
const [explained = ''] = page.split('\n## Results', 1);

describe('the attacks', () => {
  it('have names of their own', () => {
    assert.equal(new Set(attacks.map(({ name }) => name)).size, attacks.length);
  });

  for (const { name, maxDelayMs } of attacks) {
    it(`say of which threat ${name} is`, () => {
      const [, ...rows] = explained.split('\n## Threats');
      assert.ok(rows.join().includes(`\`${name}\``), `docs/attacks.md has no row for ${name}`);
    });

    if (maxDelayMs === undefined) continue;
    it(`say what ${name} may keep others waiting`, () => {
      assert.ok(explained.includes(`${maxDelayMs} ms`), `docs/attacks.md does not explain ${maxDelayMs} ms`);
    });
  }
});
