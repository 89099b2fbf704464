import assert from 'node:assert/strict';
import { it } from 'node:test';
import { shownAddress } from '../../src/cli/shown-address.ts';

it('an address is shown without its user, its password and what its query says', () => {
  assert.equal(shownAddress('wss://me:secret@example.com:8443/a?token=secret'), 'wss://example.com:8443/a?…');
  assert.equal(shownAddress('ws://example.com'), 'ws://example.com/');
});
