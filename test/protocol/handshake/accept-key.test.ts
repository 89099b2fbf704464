import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { acceptKey, isWebSocketKey } from '../../../src/protocol/handshake/accept-key.ts';
import { fc } from '../../fast-check.ts';

describe('accept key', () => {
  it("is the RFC's for the RFC's key (1.3)", () => {
    const sha1Base64 = (text: string) => createHash('sha1').update(text).digest('base64');
    assert.equal(acceptKey('dGhlIHNhbXBsZSBub25jZQ==', sha1Base64), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('Sec-WebSocket-Key', () => {
  it('is any 16 bytes in base64 (4.2.1, item 5)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        assert.equal(isWebSocketKey(Buffer.from(bytes).toString('base64')), true);
      }),
    );
  });

  it('is no other number of bytes (4.2.1, item 5)', () => {
    for (let length = 0; length < 40; length += 1) {
      const key = Buffer.alloc(length, 7).toString('base64');
      assert.equal(isWebSocketKey(key), length === 16, `${length} bytes`);
    }
  });

  for (const [name, key] of Object.entries({
    'with a space': 'dGhlIHNhbXBsZSBub25jZQ= ',
    'in the URL alphabet': '-GhlIHNhbXBsZSBub25jZQ==',
    'with a character outside ASCII': 'dGhlIHNhbXBsZSBub25jŁQ==',
    'with one sign of padding': 'dGhlIHNhbXBsZSBub25jZQQ=',
    'without padding': 'dGhlIHNhbXBsZSBub25jZQQQ',
    'with padding inside': 'dGhlIHNhbXBsZSBub25j====',
    'whose spare bits are not zero': 'dGhlIHNhbXBsZSBub25jZR==',
    'given twice and joined': 'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==',
  })) {
    it(`is refused ${name}`, () => assert.equal(isWebSocketKey(key), false));
  }
});
