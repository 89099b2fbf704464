import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FragmentBuffer } from '../../../src/protocol/message/fragment-buffer.ts';
import { fc } from '../../fast-check.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const MARK = 0xff;

interface Piece {
  /** The bytes of the piece. */
  readonly length: number;
  /** The bytes of the chunk that it came in. */
  readonly chunkLength: number;
}

interface Account {
  readonly receivedBytes: number;
  /** The most that the buffer can have held: all the memory that it asked for, and the chunks that it kept. */
  readonly heldBytes: number;
  /** What joining asked for, on top of that. */
  readonly joiningBytes: number;
}

/** Runs the work and gives how many bytes it allocated as Uint8Arrays, whether they are still in use or not. */
function allocatedBy(work: () => void): number {
  const Original = globalThis.Uint8Array;
  let total = 0;
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, parameters, newTarget) {
      const made = Reflect.construct(target, parameters, newTarget) as Uint8Array;
      total += parameters[0] instanceof ArrayBuffer ? 0 : made.byteLength;
      return made;
    },
  });
  try {
    work();
  } finally {
    globalThis.Uint8Array = Original;
  }
  return total;
}

/** Collects the pieces, checks that they come out as they went in, and accounts for the memory. */
function collect(pieces: readonly Piece[]): Account {
  const buffer = new FragmentBuffer();
  const chunks = pieces.map(({ chunkLength }, index) => new Uint8Array(chunkLength).fill(index % MARK));
  const allocated = allocatedBy(() => {
    for (const [index, { length }] of pieces.entries()) {
      buffer.append(chunks[index] as Uint8Array, 0, length);
    }
  });
  const receivedBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  assert.equal(buffer.byteLength, receivedBytes);

  // A chunk that is changed now changes the message only if it was kept rather than copied.
  for (const chunk of chunks) chunk[0] = MARK;
  let joined = new Uint8Array(0) as Uint8Array;
  const joiningBytes = allocatedBy(() => {
    joined = buffer.join();
  });
  assert.equal(joined.length, receivedBytes);
  let keptBytes = 0;
  let at = 0;
  for (const [index, { length, chunkLength }] of pieces.entries()) {
    if (length === 0) continue;
    if (joined[at] === MARK) keptBytes += chunkLength;
    else assert.equal(joined[at], index % MARK);
    for (let next = at + 1; next < at + length; next += 1) {
      if (joined[next] !== index % MARK)
        assert.fail(`byte ${next - at} of piece ${index} is ${joined[next]}`);
    }
    at += length;
  }
  return { receivedBytes, heldBytes: allocated + keptBytes, joiningBytes };
}

const repeat = (count: number, piece: Piece): Piece[] => Array.from({ length: count }, () => piece);

describe('fragments in memory', () => {
  it('4 MiB in 64-byte fragments cost twice their bytes and one block, joining included', () => {
    const { receivedBytes, heldBytes, joiningBytes } = collect(
      repeat(65_536, { length: 64, chunkLength: 1460 }),
    );
    assert.equal(receivedBytes, 4 * MiB);
    assert.ok(heldBytes <= receivedBytes + 64 * KiB, `${heldBytes} bytes are held`);
    assert.equal(joiningBytes, receivedBytes, 'they are joined once');
  });

  const rows: [name: string, pieces: Piece[]][] = [
    ['one-byte fragments', repeat(100_000, { length: 1, chunkLength: 7 })],
    ['one-byte fragments, each in a chunk of 64 KiB', repeat(100, { length: 1, chunkLength: 64 * KiB })],
    ['large fragments that fill their chunks', repeat(50, { length: 65_000, chunkLength: 64 * KiB })],
    ['fragments of three quarters of their chunks', repeat(50, { length: 6 * KiB, chunkLength: 8 * KiB })],
    ['fragments of half their chunks', repeat(50, { length: 4 * KiB + 1, chunkLength: 8 * KiB })],
    [
      'tiny and large fragments in turn',
      repeat(400, { length: 1, chunkLength: 7 }).flatMap((tiny) => [
        tiny,
        { length: 4 * KiB, chunkLength: 4 * KiB + 8 },
      ]),
    ],
    [
      'tiny fragments between large ones, behind a long beginning',
      [
        { length: MiB, chunkLength: MiB },
        ...repeat(100, { length: 1, chunkLength: 7 }).flatMap((tiny) => [
          { length: 5 * KiB, chunkLength: 5 * KiB },
          tiny,
        ]),
      ],
    ],
    ['one fragment', [{ length: 10, chunkLength: 64 * KiB }]],
    ['empty fragments', repeat(1000, { length: 0, chunkLength: 2 })],
  ];
  for (const [name, pieces] of rows) {
    it(`${name} hold at most 1.5 times their bytes and 4 KiB`, () => {
      const { receivedBytes, heldBytes } = collect(pieces);
      assert.ok(heldBytes <= 1.5 * receivedBytes + 4 * KiB, `${heldBytes} are held for ${receivedBytes}`);
    });
  }

  it('any fragments hold at most 1.5 times their bytes and 4 KiB, and come out in order (5.4)', () => {
    const piece = fc
      .tuple(fc.oneof(fc.nat(20), fc.nat(10_000), fc.nat(100_000)), fc.oneof(fc.nat(20), fc.nat(70_000)))
      .map(([length, more]) => ({ length, chunkLength: length + more }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { receivedBytes, heldBytes } = collect(pieces);
        assert.ok(heldBytes <= 1.5 * receivedBytes + 4 * KiB, `${heldBytes} are held for ${receivedBytes}`);
      }),
      { numRuns: 60 },
    );
  });

  it('a single kept piece is handed over without a copy', () => {
    const chunk = new Uint8Array(10_000);
    const buffer = new FragmentBuffer();
    buffer.append(chunk, 10, 10_000);
    const joined = buffer.join();
    assert.equal(joined.buffer, chunk.buffer);
    assert.equal(joined.byteOffset, 10);
  });

  it('nothing is nothing', () => assert.equal(new FragmentBuffer().join().length, 0));
});
