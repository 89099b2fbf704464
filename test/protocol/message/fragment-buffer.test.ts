import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FragmentBuffer, keepingDefaults } from '../../../src/protocol/message/fragment-buffer.ts';
import { fc } from '../../fast-check.ts';
import { allocatedBy } from '../allocated-by.ts';

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
  it('4 MiB in 64-byte fragments cost twice their bytes, joining included', () => {
    const asked: number[] = [];
    const allocate = (byteLength: number): Uint8Array => {
      asked.push(byteLength);
      return new Uint8Array(byteLength);
    };
    const buffer = new FragmentBuffer({ ownsChunks: true, allocate });
    const chunk = new Uint8Array(1460);
    for (let count = 0; count < 65_536; count += 1) buffer.append(chunk, 0, 64);
    const held = asked.reduce((sum, byteLength) => sum + byteLength, 0);
    assert.ok(held <= 4 * MiB + 64 * KiB, `${held} bytes are held`);

    const lastBlock = asked.at(-1) as number;
    const before = asked.length;
    assert.equal(buffer.join().length, 4 * MiB);
    // The last block is let go of, and what was in it copied, before the memory for all is asked for.
    const [rest, whole] = asked.slice(before) as [number, number];
    assert.equal(whole, 4 * MiB, 'they are joined once');
    assert.equal(held - lastBlock + rest + whole, 8 * MiB);
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

  it('are charged with the memory that they hold, not with their bytes', () => {
    const buffer = new FragmentBuffer();
    buffer.append(new Uint8Array(8 * KiB), 0, 6 * KiB);
    assert.equal(buffer.heldBytes, 8 * KiB, 'the chunk is kept, all of it');
    buffer.append(new Uint8Array(10), 0, 1);
    assert.equal(buffer.heldBytes, 12 * KiB, 'a block for the tiny one, and those behind it');
  });

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

  it('a frame that is half there gets room for all of it, and the rest of it is put there', () => {
    const asked: number[] = [];
    const allocate = (byteLength: number): Uint8Array => {
      asked.push(byteLength);
      return new Uint8Array(byteLength);
    };
    const buffer = new FragmentBuffer({ ownsChunks: false, allocate });
    const piece = (value: number): Uint8Array => new Uint8Array(10_000).fill(value);
    buffer.append(piece(1), 0, 10_000, 30_000);
    assert.equal(buffer.room(30_000), undefined);
    buffer.append(piece(2), 0, 10_000, 20_000);
    assert.deepEqual(asked, [10_000, 40_000]);
    assert.equal(buffer.room(20_001), undefined);
    assert.equal(buffer.room(0), undefined);

    const room = buffer.room(20_000) as Uint8Array;
    assert.equal(room.length, 20_000);
    room.fill(3, 0, 10_000);
    buffer.append(room, 0, 10_000, 10_000);
    const rest = buffer.room(10_000) as Uint8Array;
    assert.equal(rest.byteOffset, 30_000);
    rest.fill(4);
    buffer.append(rest, 0, 10_000);
    const joined = buffer.join();
    assert.deepEqual(asked, [10_000, 40_000], 'nothing is left to join');
    for (let index = 0; index < 4; index += 1) {
      assert.ok(joined.subarray(index * 10_000, (index + 1) * 10_000).every((byte) => byte === index + 1));
    }
  });

  it('memory that is used again is copied, however much of it a piece fills', () => {
    const chunk = new Uint8Array(10_000).fill(1);
    const buffer = new FragmentBuffer({ ...keepingDefaults, ownsChunks: false });
    buffer.append(chunk, 0, 10_000);
    chunk.fill(2);
    buffer.append(chunk, 0, 10_000);
    chunk.fill(3);
    const joined = buffer.join();
    assert.equal(joined.length, 20_000);
    assert.ok(joined.every((byte, index) => byte === (index < 10_000 ? 1 : 2)));
  });

  it('whatever is said to follow, no more is asked for than twice the bytes and 4 KiB, and no byte is moved often', () => {
    const piece = fc.tuple(fc.oneof(fc.nat(20), fc.nat(10_000)), fc.nat(40_000));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, ownsChunks) => {
        let asked = 0;
        let received = 0;
        const allocate = (byteLength: number): Uint8Array => {
          asked += byteLength;
          assert.ok(byteLength <= 2 * received + 4 * KiB, `${byteLength} are asked for ${received}`);
          return new Uint8Array(byteLength);
        };
        const buffer = new FragmentBuffer({ ownsChunks, allocate });
        const expected: number[] = [];
        for (const [index, [length, follow]] of pieces.entries()) {
          received += length;
          buffer.append(new Uint8Array(length).fill(index), 0, length, follow);
          for (let count = 0; count < length; count += 1) expected.push(index);
        }
        assert.deepEqual([...buffer.join()], expected);
        assert.ok(asked <= 6 * expected.length + 8 * KiB, `${asked} were asked for`);
      }),
      { numRuns: 100 },
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
