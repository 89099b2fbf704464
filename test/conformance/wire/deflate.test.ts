import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { noiseOf } from '../../../src/conformance/cases/payloads.ts';
import {
  checkAnswer,
  DeflateContext,
  type DeflateParameters,
  formatDeflate,
  parseDeflate,
} from '../../../src/conformance/wire/deflate.ts';
import { maxDistance } from '../../../src/conformance/wire/deflate-distance.ts';

describe('permessage-deflate of the suite', () => {
  it('writes and reads all four parameters', () => {
    const all: DeflateParameters = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 15,
    };
    assert.deepEqual(parseDeflate(formatDeflate(all)), [all]);
    assert.deepEqual(parseDeflate('x-other, permessage-deflate; client_max_window_bits'), [
      { clientMaxWindowBits: true },
    ]);
  });

  for (const header of [
    'permessage-deflate; x_unknown',
    'permessage-deflate; server_max_window_bits=7',
    'permessage-deflate; server_max_window_bits=09',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; client_no_context_takeover=1',
    'permessage-deflate; client_max_window_bits; client_max_window_bits',
  ]) {
    it(`says what is wrong in "${header}"`, () => assert.equal(typeof parseDeflate(header), 'string'));
  }

  const answers: readonly [DeflateParameters, DeflateParameters, boolean][] = [
    [{}, {}, true],
    [{}, { serverMaxWindowBits: 9, clientNoContextTakeover: true }, true],
    [{ serverNoContextTakeover: true }, {}, false],
    [{ serverMaxWindowBits: 10 }, { serverMaxWindowBits: 9 }, true],
    [{ serverMaxWindowBits: 10 }, { serverMaxWindowBits: 11 }, false],
    [{ serverMaxWindowBits: 10 }, {}, false],
    [{}, { clientMaxWindowBits: 10 }, false],
    [{ clientMaxWindowBits: true }, { clientMaxWindowBits: 10 }, true],
    [{ clientMaxWindowBits: 9 }, { clientMaxWindowBits: 10 }, false],
    [{ clientMaxWindowBits: true }, { clientMaxWindowBits: true }, false],
  ];
  for (const [offer, answer, right] of answers) {
    it(`takes ${formatDeflate(answer)} as ${right ? 'an' : 'no'} answer to ${formatDeflate(offer)}`, () => {
      assert.equal(checkAnswer(offer, answer) === undefined, right);
    });
  }

  it('carries its window over from message to message, or forgets it, as agreed', () => {
    const text = Buffer.from('the same text in every message');
    for (const forgets of [false, true]) {
      const agreed = { clientNoContextTakeover: forgets };
      const client = new DeflateContext(agreed, 'client');
      const server = new DeflateContext(agreed, 'server');
      const [first, second] = [client.compress(text), client.compress(text)];
      assert.equal(second.length < first.length, !forgets);
      assert.deepEqual([server.decompress(first), server.decompress(second)], [text, text]);
    }
  });

  it('notes a reference that reaches beyond the agreed window', () => {
    const noise = noiseOf(2000);
    const compressed = deflateRawSync(Buffer.concat([noise, noise]), { finishFlush: constants.Z_SYNC_FLUSH });
    const suite = new DeflateContext({ serverMaxWindowBits: 9 }, 'client');
    assert.throws(() => suite.decompress(compressed.subarray(0, -4)), /reaches 2000 bytes/);
  });

  it('keeps its own references within the smallest window, which zlib does not have', () => {
    const client = new DeflateContext({ clientMaxWindowBits: 8 }, 'client');
    for (const payload of [noiseOf(200), noiseOf(200), Buffer.alloc(5000, 'abcdefghij')]) {
      const tail = Buffer.from([0, 0, 0xff, 0xff]);
      assert.ok(maxDistance(Buffer.concat([client.compress(payload), tail])) <= 256);
    }
  });
});

describe('maximal distance of a deflate stream', () => {
  for (const distance of [4, 100, 258, 1000, 8192, 32_000]) {
    it(`finds a reference ${distance} bytes back`, () => {
      const noise = noiseOf(distance);
      const stream = deflateRawSync(Buffer.concat([noise, noise, noise]), { level: 9 });
      assert.equal(maxDistance(stream), distance);
    });
  }

  it('finds none in stored blocks, nor where nothing repeats', () => {
    assert.equal(maxDistance(deflateRawSync(Buffer.alloc(1000), { level: 0 })), 0);
    assert.equal(maxDistance(deflateRawSync(Buffer.from('abc'))), 0);
  });

  it('walks fixed blocks, and refuses the reserved type', () => {
    const fixed = deflateRawSync(Buffer.from('abcabcabcabc'), { strategy: constants.Z_FIXED });
    assert.equal(maxDistance(fixed), 3);
    assert.throws(() => maxDistance(Buffer.from([0x06])), /reserved type/);
  });
});
