import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { fieldsOf } from '../../../src/websocket/drop-in/request-fields.ts';

describe('fieldsOf', () => {
  it('gives all values of a field of a request that Node parsed, and makes up no Host', () => {
    const headersDistinct = { host: ['a', 'b'], origin: ['https://a.example'] };
    const fields = fieldsOf({ headersDistinct, headers: { host: 'a' } } as unknown as IncomingMessage);
    assert.equal(fields.get('host'), 'a, b');
    const bare = fieldsOf({ headersDistinct: {}, headers: {} } as unknown as IncomingMessage);
    assert.equal(bare.get('host'), undefined);
  });

  it('reads a request that a test framework made up, whose Host may be missing', () => {
    const headers = { 'sec-websocket-version': 13, cookie: ['a=b', 'c=d'] };
    const fields = fieldsOf({ headers } as unknown as IncomingMessage);
    assert.deepEqual(
      ['sec-websocket-version', 'cookie', 'host', 'origin', 'constructor'].map((name) => fields.get(name)),
      ['13', 'a=b, c=d', 'localhost', undefined, undefined],
    );
  });
});
