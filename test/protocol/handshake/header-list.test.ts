import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../../src/protocol/handshake/header-list.ts';

describe('header list', () => {
  it('finds a field by its name in any case', () => {
    const headers = new HeaderList();
    headers.append('host', 'a');
    assert.equal(headers.get('HOST'), 'a');
    assert.equal(headers.has('Host'), true);
    assert.equal(headers.get('origin'), undefined);
  });

  it('keeps an empty value apart from a missing field', () => {
    const headers = new HeaderList();
    headers.append('origin', '');
    assert.equal(headers.get('origin'), '');
    assert.equal(headers.has('origin'), true);
  });

  it('joins values of one name in their order (RFC 9110, 5.3)', () => {
    const headers = new HeaderList();
    for (const value of ['a', 'b', 'c']) headers.append('accept', value);
    assert.equal(headers.get('accept'), 'a, b, c');
    assert.equal(headers.size, 1);
  });

  it('joins cookies by a semicolon (RFC 9113, 8.2.3)', () => {
    const headers = new HeaderList();
    headers.append('cookie', 'a=b');
    headers.append('cookie', 'c=d');
    assert.equal(headers.get('cookie'), 'a=b; c=d');
  });

  it('takes any name for an ordinary one', () => {
    const headers = new HeaderList();
    for (const name of ['__proto__', 'constructor', 'hasownproperty']) {
      assert.equal(headers.get(name), undefined);
      headers.append(name, 'a');
      assert.equal(headers.get(name), 'a');
    }
    assert.deepEqual([...headers].length, 3);
  });
});
