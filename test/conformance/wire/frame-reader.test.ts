import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeflateContext } from '../../../src/conformance/wire/deflate.ts';
import { FrameReader } from '../../../src/conformance/wire/frame-reader.ts';
import { describeEvent } from '../../../src/conformance/wire/wire-event.ts';

function read(hex: string, { masked = false, deflate = false, each = 1000 } = {}): string[] {
  const events: string[] = [];
  const reader = new FrameReader({
    masked,
    deflate: deflate ? new DeflateContext({}, masked ? 'server' : 'client') : undefined,
    onEvent: (event) => events.push(describeEvent(event)),
  });
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  for (let at = 0; at < bytes.length; at += each) reader.receive(bytes.subarray(at, at + each));
  return events;
}

describe('frame reader of the suite', () => {
  const events: readonly [string, string, string[]][] = [
    ['a text', '8105 48656c6c6f', ['text "Hello"']],
    ['a fragmented text', '0103 48656c 8002 6c6f', ['text "Hello"']],
    ['a Ping inside a message', '0103 48656c 8901 70 8002 6c6f', ['ping "p"', 'text "Hello"']],
    ['a Close with a reason', '8805 03e8 627965', ['close 1000 "bye"']],
    ['a Close without a body', '8800', ['close without a code']],
    ['a length in 16 bits', `827e007e${'00'.repeat(126)}`, [`binary ${'00'.repeat(32)}… (126 bytes)`]],
  ];
  for (const [name, hex, expected] of events) {
    it(`reads ${name}`, () => assert.deepEqual(read(hex), expected));
    it(`reads ${name} byte by byte`, () => assert.deepEqual(read(hex, { each: 1 }), expected));
  }

  const violations: readonly [string, string, RegExp][] = [
    ['a masked frame of a server', '8182 37fa213d 7f93', /masked text frame/],
    ['reserved bits', 'c100', /reserved bits 100/],
    ['a reserved opcode', '8300', /reserved opcode 3/],
    ['a reserved control opcode', '8b00', /reserved opcode 11/],
    ['a fragmented Ping', '0900', /fragmented ping/],
    ['a Ping of 126 bytes', `897e007e${'00'.repeat(126)}`, /ping frame of 126 bytes/],
    ['a continuation of nothing', '8000', /continues nothing/],
    ['a message inside a message', '0100 8100', /inside a fragmented one/],
    ['a length that is not minimal', '827e0001 00', /shortest form/],
    ['a text that is not UTF-8', '8101 ff', /not UTF-8/],
    ['a Close of one byte', '8801 03', /one byte/],
    ['a Close with 1005', '8802 03ed', /code 1005/],
    ['a Close whose reason is not UTF-8', '8803 03e8 ff', /not UTF-8/],
    ['a frame no case asks for', '827f 0000000100000000', /more than any case/],
  ];
  for (const [name, hex, expected] of violations) {
    it(`notes ${name}`, () => assert.match(read(hex).join('\n'), expected));
  }

  it('notes an unmasked frame of a client', () => {
    assert.match(read('8100', { masked: true }).join('\n'), /unmasked text frame/);
  });

  it('notes a masking key that never changes', () => {
    const once = '8180 11223344';
    assert.doesNotMatch(read(once.repeat(3), { masked: true }).join('\n'), /masking key/);
    assert.match(read(once.repeat(4), { masked: true }).join('\n'), /masking key 11223344/);
  });

  it('inflates where compression is agreed, and notes damaged data', () => {
    assert.deepEqual(read('c107 f248cdc9c90700', { deflate: true }), ['text (deflated) "Hello"']);
    assert.match(read('c102 0600', { deflate: true }).join('\n'), /cannot be inflated/);
  });
});
