import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Frame, type FrameContext, frame } from '../../../src/conformance/wire/frame.ts';

const asServer: FrameContext = { masks: false, compress: undefined };
const asClient: FrameContext = { masks: true, compress: undefined };
const hexOf = (each: Frame, context = asServer) => each.serialize(context).toString('hex');

describe('frame builder', () => {
  const table: readonly [string, Frame, string][] = [
    ['a text', frame.text('Hello'), '810548656c6c6f'],
    ['a first fragment', frame.text('Hel').more(), '010348656c'],
    ['a last fragment', frame.continuation('lo'), '80026c6f'],
    ['a Ping', frame.ping('Hello'), '890548656c6c6f'],
    ['a Close without a body', frame.close(), '8800'],
    ['a Close with a code and a reason', frame.close(1000, 'bye'), '880503e8627965'],
    ['reserved bits', frame.binary().rsv(5), 'd200'],
    ['a reserved opcode', frame.opcode(3, 'x'), '830178'],
    ['a length in 16 bits that needs 7', frame.binary('x').lengthIn(16), '827e000178'],
    ['a length in 64 bits that needs 7', frame.binary('x').lengthIn(64), '827f000000000000000178'],
    ['a length that lies', frame.binary('x').declaring(2n ** 64n - 1n), '827fffffffffffffffff78'],
    ['masking by a server', frame.text('Hi').withKey('37fa213d').wronglyMasked(), '818237fa213d7f93'],
    ['a message in fragments', frame.text('abc').inFragments(2), '010261628001' + '63'],
    ['an empty message in fragments', frame.text().inFragments(2), '8100'],
  ];
  for (const [name, each, hex] of table) {
    it(`writes ${name}`, () => assert.equal(hexOf(each), hex));
  }

  it('masks as a client with the given key', () => {
    assert.equal(hexOf(frame.text('Hello').withKey('37fa213d'), asClient), '818537fa213d7f9f4d5158');
  });

  it('leaves the mask out where a client must not', () => {
    assert.equal(hexOf(frame.text('Hi').wronglyMasked(), asClient), '81024869');
  });

  it('takes the shortest form of every length', () => {
    const headerOf = (length: number) => hexOf(frame.binary(Buffer.alloc(length))).slice(0, 20);
    assert.equal(headerOf(125).slice(0, 4), '827d');
    assert.equal(headerOf(126).slice(0, 8), '827e007e');
    assert.equal(headerOf(65_535).slice(0, 8), '827effff');
    assert.equal(headerOf(65_536), '827f0000000000010000');
  });

  it('compresses a message before it cuts it into fragments, and marks only the first', () => {
    const context: FrameContext = { masks: false, compress: () => Buffer.from('abc') };
    assert.equal(
      frame.text('long').compressed().inFragments(2).serialize(context).toString('hex'),
      '41026162800163',
    );
  });

  it('does not change a frame that a method was called on', () => {
    const plain = frame.text('Hello');
    plain.rsv(7).more();
    assert.equal(hexOf(plain), '810548656c6c6f');
  });
});
