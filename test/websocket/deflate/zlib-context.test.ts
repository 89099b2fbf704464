import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { directZlib, isDirectZlibAvailable } from '../../../src/websocket/deflate/direct-zlib.ts';
import { publicZlib } from '../../../src/websocket/deflate/public-zlib.ts';
import { deflateInThreadPool } from '../../../src/websocket/deflate/thread-pool.ts';
import {
  FLUSH_TAIL,
  type InflateContext,
  type InflateProgress,
  mostEnds,
  STEP_BYTES,
  STEP_INPUT_BYTES,
  type ZlibContexts,
} from '../../../src/websocket/deflate/zlib-context.ts';
import { fc } from '../../fast-check.ts';

const parameters = { windowBits: 15, level: 1, memLevel: 8 };
const limit = 64 * 1024 * 1024;

/** All of one message, or how it failed. */
function inflate(
  context: InflateContext,
  compressed: Uint8Array,
): Buffer | Exclude<InflateProgress, 'done' | 'more'> {
  const pieces: Buffer[] = [];
  context.begin(compressed);
  for (let steps = 0; steps < 10_000; steps += 1) {
    const progress = context.step();
    if (progress !== 'done' && progress !== 'more') return progress;
    pieces.push(Buffer.from(context.output));
    if (progress === 'done') return Buffer.concat(pieces);
  }
  throw new Error('it never ends');
}

const compress = (text: string | Uint8Array, options: object = {}): Uint8Array =>
  deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH, ...options }).subarray(0, -FLUSH_TAIL.length);

it('this runtime has the direct interface of zlib', () => assert.equal(isDirectZlibAvailable(), true));

for (const [name, zlib] of [
  ['direct', directZlib],
  ['public', publicZlib],
] as readonly [string, ZlibContexts][]) {
  describe(`${name} zlib contexts`, () => {
    it('read the compressed "Hello" of RFC 7692, section 7.2.3.1', () => {
      const context = zlib.createInflate(15, limit);
      assert.equal(String(inflate(context, Buffer.from('f248cdc9c90700', 'hex'))), 'Hello');
    });

    it('read a second message that refers to the first (7.2.3.2)', () => {
      const context = zlib.createInflate(15, limit);
      inflate(context, Buffer.from('f248cdc9c90700', 'hex'));
      assert.equal(String(inflate(context, Buffer.from('f200110000', 'hex'))), 'Hello');
    });

    it('read a block with no compression (7.2.3.3)', () => {
      const context = zlib.createInflate(15, limit);
      assert.equal(String(inflate(context, Buffer.from('000500faff48656c6c6f00', 'hex'))), 'Hello');
    });

    it('read a block with BFINAL set (7.2.3.4), and the next message with its window', () => {
      const context = zlib.createInflate(15, limit);
      assert.equal(String(inflate(context, Buffer.from('f348cdc9c9070000', 'hex'))), 'Hello');
      assert.equal(String(inflate(context, Buffer.from('f200110000', 'hex'))), 'Hello');
    });

    it('read nothing of what was before a reset, also when a block had BFINAL set', () => {
      const context = zlib.createInflate(15, limit);
      assert.equal(String(inflate(context, Buffer.from('f348cdc9c9070000', 'hex'))), 'Hello');
      context.reset();
      assert.equal(inflate(context, Buffer.from('f200110000', 'hex')), 'invalid');
      context.reset();
      assert.equal(String(inflate(context, Buffer.from('f348cdc9c9070000', 'hex'))), 'Hello');
    });

    it('keep a full window, and no more, over a block with BFINAL set', () => {
      for (const windowBits of [8, 9, 15]) {
        const context = zlib.createInflate(windowBits, limit);
        const text = randomBytes(2 ** windowBits);
        const deflate = directZlib.createDeflate({ ...parameters, windowBits });
        deflate.deflate(text);
        const referring = Buffer.from(deflate.deflate(text.subarray(-200)));
        assert.ok(referring.length < 20);
        const ended = deflateRawSync(text, { windowBits: Math.max(9, windowBits) });
        assert.deepEqual(inflate(context, Buffer.concat([ended, Buffer.alloc(1)])), text);
        assert.deepEqual(inflate(context, referring), text.subarray(-200));
      }
    });

    it('refuse a message that begins the stream anew more often than it is worth', () => {
      for (const bytes of [100, 1_000, 50_000, 1_000_000]) {
        const context = zlib.createInflate(15, limit);
        const most = mostEnds(bytes);
        const lastBlocks = (count: number) =>
          Buffer.concat([Buffer.alloc(2 * count, '0300', 'hex'), compress(randomBytes(bytes - 2 * count))]);
        const accepted = lastBlocks(most);
        assert.equal(mostEnds(accepted.length), most);
        assert.equal(inflate(context, accepted).length, bytes - 2 * most);
        const refused = Buffer.alloc(bytes, '0300', 'hex');
        assert.equal(inflate(context, refused), 'too-costly', `${bytes} bytes`);
        context.reset();
        assert.equal(String(inflate(context, compress('next'))), 'next');
      }
    });

    it('read two blocks in one message (7.2.3.5)', () => {
      const context = zlib.createInflate(15, limit);
      assert.equal(
        String(inflate(context, Buffer.from('f248050000 00ffffcac9c90700'.replace(' ', ''), 'hex'))),
        'Hello',
      );
    });

    it('read an empty message (7.2.3.6)', () => {
      assert.equal(String(inflate(zlib.createInflate(15, limit), Buffer.from('00', 'hex'))), '');
    });

    it('write an empty message that can be read, also after others', () => {
      const deflate = zlib.createDeflate(parameters);
      const context = zlib.createInflate(15, limit);
      for (const text of ['', 'one', '', '', 'two']) {
        assert.equal(String(inflate(context, Buffer.from(deflate.deflate(Buffer.from(text))))), text);
      }
    });

    it('tell damaged data from good, and work again after a reset', () => {
      const context = zlib.createInflate(15, limit);
      assert.equal(inflate(context, Buffer.from('ffffffff', 'hex')), 'invalid');
      context.reset();
      assert.equal(String(inflate(context, Buffer.from('f248cdc9c90700', 'hex'))), 'Hello');
    });

    it('keep their window over a thousand messages', () => {
      const deflate = zlib.createDeflate(parameters);
      const context = zlib.createInflate(15, limit);
      for (let index = 0; index < 1000; index += 1) {
        const text = JSON.stringify({
          index,
          user: 'anna',
          text: `${randomBytes(8).toString('hex')} hello hello`,
        });
        assert.equal(String(inflate(context, Buffer.from(deflate.deflate(Buffer.from(text))))), text);
      }
    });

    it('refer to no earlier message after a reset', () => {
      const deflate = zlib.createDeflate(parameters);
      deflate.deflate(Buffer.from('the same words, the same words'));
      deflate.reset();
      const alone = Buffer.from(deflate.deflate(Buffer.from('the same words, the same words')));
      assert.equal(String(inflate(zlib.createInflate(15, limit), alone)), 'the same words, the same words');
    });

    for (let windowBits = 8; windowBits <= 15; windowBits += 1) {
      it(`write what a receiver with a window of 2^${windowBits} can read`, () => {
        const deflate = zlib.createDeflate({ ...parameters, level: 9, windowBits });
        // Repeats at every distance up to 32 KiB tempt it to refer too far back.
        const noise = randomBytes(40_000).toString('hex');
        const text = noise.slice(0, 300) + noise.slice(0, 250) + noise + noise;
        const compressed = Buffer.concat([deflate.deflate(Buffer.from(text)), FLUSH_TAIL]);
        // In small chunks, so that it has nothing but its window to look back into.
        const options = { windowBits, chunkSize: 64, finishFlush: constants.Z_SYNC_FLUSH };
        const read = inflateRawSync(compressed, options);
        assert.equal(String(read), text);
      });
    }

    it('give back any messages, with any window', () => {
      fc.assert(
        fc.property(
          fc.array(fc.string({ maxLength: 500 }), { maxLength: 12 }),
          fc.integer({ min: 8, max: 15 }),
          (texts, windowBits) => {
            const deflate = zlib.createDeflate({ ...parameters, windowBits });
            const context = zlib.createInflate(windowBits, limit);
            for (const text of texts) {
              const bytes = Buffer.from(text);
              assert.deepEqual(inflate(context, Buffer.from(deflate.deflate(bytes))), bytes);
            }
            deflate.close();
            context.close();
          },
        ),
        { numRuns: 50 },
      );
    });
  });
}

describe('direct inflating', () => {
  it('brings out no more than one step at a time', () => {
    const context = directZlib.createInflate(15, limit);
    context.begin(compress('0'.repeat(10 * STEP_BYTES)));
    for (let steps = 0; steps < 9; steps += 1) {
      assert.equal(context.step(), 'more');
      assert.ok(context.output.length <= STEP_BYTES);
    }
  });

  it('is not disturbed by other messages between its steps', () => {
    const long = directZlib.createInflate(15, limit);
    const other = directZlib.createInflate(15, limit);
    const text = 'long '.repeat(50_000);
    long.begin(compress(text));
    let read = '';
    for (;;) {
      const progress = long.step();
      read += Buffer.from(long.output).toString();
      if (progress === 'done') break;
      assert.equal(String(inflate(other, compress('short'))), 'short');
    }
    assert.equal(read, text);
  });
});

describe('direct inflating of what says nothing', () => {
  it('takes in no more than STEP_INPUT_BYTES in a step', () => {
    const context = directZlib.createInflate(15, limit);
    // Empty blocks without compression.
    const nothing = Buffer.alloc(10 * STEP_INPUT_BYTES, '000000ffff', 'hex');
    context.begin(Buffer.concat([nothing, compress('at last')]));
    let steps = 1;
    for (; context.step() === 'more'; steps += 1) assert.equal(context.output.length, 0);
    assert.equal(String(context.output), 'at last');
    // The last of them takes the flush in.
    assert.equal(steps, 11);
  });
});

describe('public inflating', () => {
  it('stops at the limit', () => {
    const context = publicZlib.createInflate(15, 1000);
    assert.equal(inflate(context, compress('0'.repeat(1001))), 'too-big');
    assert.equal(String(inflate(context, compress('0'.repeat(1000)))), '0'.repeat(1000));
  });
});

describe('compressing in the thread pool', () => {
  it('gives a message that can be read without any other', async () => {
    const text = randomBytes(50_000).toString('base64');
    const compressed = await deflateInThreadPool(Buffer.from(text), parameters);
    assert.equal(String(inflate(directZlib.createInflate(15, limit), compressed)), text);
  });
});
