import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { selectCases } from '../../src/conformance/case-selection.ts';
import { allGroups } from '../../src/conformance/cases/index.ts';
import { groupOf } from '../../src/conformance/script/case.ts';

const all = allGroups.flatMap(({ cases }) => cases);

describe('conformance cases', () => {
  it('have ids that are unique and begin with the name of their group', () => {
    const ids = all.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    for (const { name, cases } of allGroups) {
      for (const { id } of cases) assert.equal(groupOf(id), name);
    }
  });

  it('have ids that fit into an address and a shell without quotes', () => {
    assert.deepEqual(
      all.map(({ id }) => id).filter((id) => !/^[a-z0-9][A-Za-z0-9.+_-]*$/.test(id)),
      [],
    );
  });

  it('name a section of an RFC, and say a sentence', () => {
    for (const { id, section, title } of all) {
      assert.match(section, /^RFC (6455|7692|8441|9112)(, \d+(\.\d+)*)?$/, id);
      assert.match(title, /^[a-z]/, id);
    }
  });

  it('are more than five hundred for a server and for a client, and for HTTP/2', () => {
    assert.ok(selectCases('server', 'http/1.1', {}).length > 2000);
    assert.ok(selectCases('client', 'http/1.1', {}).length > 1500);
    assert.ok(selectCases('server', 'http/2', {}).length > 1500);
  });
});

describe('case selection', () => {
  const select = (only: string[], skip: string[] = []) => selectCases('server', 'http/1.1', { only, skip });

  it('takes a group, an id, or a pattern', () => {
    assert.ok(select(['ping']).every(({ id }) => id.startsWith('ping.')));
    assert.equal(select(['ping.answered.empty']).length, 1);
    assert.equal(select(['*.answered.*']).length, 7);
    assert.equal(select(['ping.many.2*']).length, 2);
    assert.equal(
      select(['deflate']).some(({ id }) => id.startsWith('deflate-')),
      false,
    );
  });

  it('leaves out what is skipped', () => {
    assert.equal(select(['ping.answered'], ['*.empty']).length, 6);
  });

  it('does not give a client the cases of servers', () => {
    assert.equal(selectCases('client', 'http/1.1', { only: ['handshake.refuses'] }).length, 0);
  });
});
