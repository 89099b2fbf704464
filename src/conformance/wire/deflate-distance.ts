// Walks through a DEFLATE stream (RFC 1951) without inflating it, to learn how far back its references reach.

const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** The longest distance of a back-reference in the stream; 0 when it has none. Reads until the bytes or the final block end. */
export function maxDistance(stream: Uint8Array): number {
  const bits = new BitReader(stream);
  let longest = 0;
  while (bits.left >= 3) {
    const final = bits.take(1) === 1;
    const type = bits.take(2);
    if (type === 0) bits.skipStored();
    else if (type === 1) longest = Math.max(longest, walkBlock(bits, fixedLiterals, fixedDistances));
    else if (type === 2) longest = Math.max(longest, walkBlock(bits, ...readCodes(bits)));
    else throw new Error('a deflate block has the reserved type 3');
    if (final) break;
  }
  return longest;
}

function walkBlock(bits: BitReader, literals: Huffman, distances: Huffman): number {
  let longest = 0;
  for (;;) {
    const symbol = literals.read(bits);
    if (symbol === 256) return longest;
    if (symbol < 256) continue;
    bits.take(lengthExtra[symbol - 257] ?? 0);
    const code = distances.read(bits);
    longest = Math.max(longest, (distanceBase[code] ?? 0) + bits.take(distanceExtra[code] ?? 0));
  }
}

// RFC 1951, 3.2.7: the code lengths of a dynamic block are themselves Huffman coded.
function readCodes(bits: BitReader): [Huffman, Huffman] {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const count = bits.take(4) + 4;
  const order = new Array<number>(19).fill(0);
  for (let index = 0; index < count; index++) order[codeLengthOrder[index]!] = bits.take(3);
  const codeLengths = new Huffman(order);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = codeLengths.read(bits);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) repeat(lengths, lengths.at(-1) ?? 0, 3 + bits.take(2));
    else if (symbol === 17) repeat(lengths, 0, 3 + bits.take(3));
    else repeat(lengths, 0, 11 + bits.take(7));
  }
  return [new Huffman(lengths.slice(0, literals)), new Huffman(lengths.slice(literals))];
}

function repeat(lengths: number[], value: number, times: number): void {
  for (let count = 0; count < times; count++) lengths.push(value);
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length * 8 - this.#at;
  }

  take(count: number): number {
    if (count > this.left) throw new Error('the deflate stream is cut off');
    let value = 0;
    for (let index = 0; index < count; index++, this.#at++) {
      value |= ((this.#bytes[this.#at >> 3]! >> (this.#at & 7)) & 1) << index;
    }
    return value;
  }

  skipStored(): void {
    this.#at = (this.#at + 7) & ~7;
    const length = this.take(16);
    this.take(16);
    this.#at += length * 8;
  }
}

// RFC 1951, 3.2.2: a canonical code is given by the lengths of its symbols alone.
class Huffman {
  readonly #counts = new Array<number>(16).fill(0);
  readonly #symbols: number[];

  constructor(lengths: readonly number[]) {
    for (const length of lengths) this.#counts[length]!++;
    this.#counts[0] = 0;
    this.#symbols = lengths
      .map((length, symbol) => ({ length, symbol }))
      .filter(({ length }) => length > 0)
      .sort((a, b) => a.length - b.length || a.symbol - b.symbol)
      .map(({ symbol }) => symbol);
  }

  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= bits.take(1);
      const count = this.#counts[length]!;
      if (code - first < count) return this.#symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error('the deflate stream has an unknown code');
  }
}

const fixedLiterals = new Huffman(
  Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const fixedDistances = new Huffman(new Array<number>(30).fill(5));
