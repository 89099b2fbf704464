// What an unfinished message costs: the memory asked for and the chunks kept, whatever pieces it came in.

import { Endpoint, type EndpointHandler } from '../../../src/protocol/connection/endpoint.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { allocatedBy } from '../../protocol/allocated-by.ts';
import { buildFrame } from '../../protocol/frame-bytes.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { randomOf } from '../input-chunks.ts';

/** Payloads have no such byte; a chunk is filled with it once it was received. */
const MARK = 0xff;

interface Chunk {
  readonly memory: Uint8Array;
  readonly used: number;
  /** Where in the message the pieces in this chunk stand. */
  readonly pieces: readonly number[];
}

/** So many reads of a socket at the most: what is longer shows nothing new. */
const maxReads = 2_000;

/** An input is a list of fragments: each byte is a length, in steps that grow with the byte's two highest bits. */
function lengthOf(byte: number): number {
  return (byte & 0x3f) * [1, 4, 64, 1_024][byte >> 6]!;
}

export const retentionTarget: FuzzTarget = {
  name: 'retention',
  promise: 'an unfinished message holds at most twice the bytes received, and 4 KiB',
  weight: 0.05,

  generate(random) {
    const isUniform = random.chance(0.5);
    const byte = random.integer(0, 255);
    const length = random.integer(1, random.chance(0.1) ? 600 : 60);
    return Uint8Array.from({ length }, () => (isUniform ? byte : random.integer(0, 255)));
  },

  run(input) {
    const chunkBytes = randomOf(input).pick([64, 1_000, 4_096, 16_384, 65_536]);
    const chunks = cutIntoReads(input, chunkBytes);
    let message = new Uint8Array(0) as Uint8Array;
    const endpoint = new Endpoint(
      receiver((bytes) => (message = bytes)),
      { role: 'client' },
    );
    const allocated = allocatedBy(() => {
      for (const { memory, used } of chunks) endpoint.receive(memory.subarray(0, used));
    });
    const received = chunks.reduce((sum, { used }) => sum + used, 0);
    // What it says that it holds; and below, what it has asked for at all, of which some is free again.
    const { unfinishedBytes } = endpoint;
    promise(unfinishedBytes <= 2 * received + 4_096, `says that it holds ${unfinishedBytes} of ${received}`);

    for (const { memory } of chunks) memory.fill(MARK);
    endpoint.receive(buildFrame({ opcode: Opcode.Continuation }));
    const kept = chunks.filter(({ pieces }) => pieces.some((at) => message[at] === MARK));
    const held = allocated + kept.reduce((sum, { memory }) => sum + memory.length, 0);
    promise(
      held <= 4 * received + 8_192,
      `${held} bytes asked for, of ${received} received in chunks of ${chunkBytes}`,
    );
    return `${chunkBytes} ${Math.ceil(Math.log2(received + 1))} ${Math.ceil((4 * kept.length) / chunks.length)}`;
  },
};

function receiver(receiveMessage: (bytes: Uint8Array) => void): EndpointHandler {
  return {
    receiveMessage: (bytes, start, end) => receiveMessage(bytes.subarray(start, end)),
    receivePing: () => {},
    receivePong: () => {},
    receiveClose: () => {},
    receiveError: () => {},
    sendControl: () => {},
  };
}

/** Fragments as a socket brings them: each chunk is memory of its own, of its full size, however little is in it. */
function cutIntoReads(input: Uint8Array, chunkBytes: number): Chunk[] {
  const chunks: Chunk[] = [];
  let memory = new Uint8Array(chunkBytes);
  let used = 0;
  let pieces: number[] = [];
  let position = 0;
  const flush = (): void => {
    if (used > 0) chunks.push({ memory, used, pieces });
    memory = new Uint8Array(chunkBytes);
    used = 0;
    pieces = [];
  };
  for (const [index, byte] of input.entries()) {
    if (chunks.length > maxReads) break;
    const payload = new Uint8Array(lengthOf(byte)).fill(byte & 0x7f);
    const opcode = index === 0 ? Opcode.Binary : Opcode.Continuation;
    const frame = buildFrame({ opcode, payload, isFinal: false });
    const headerBytes = frame.length - payload.length;
    for (let at = 0; at < frame.length; ) {
      const length = Math.min(frame.length - at, chunkBytes - used);
      memory.set(frame.subarray(at, at + length), used);
      if (at + length > headerBytes) pieces.push(position + Math.max(0, at - headerBytes));
      used += length;
      at += length;
      if (used === chunkBytes) flush();
    }
    position += payload.length;
    // A chunk that is mostly empty, as a read of a few bytes is.
    if (byte % 7 === 0) flush();
  }
  flush();
  return chunks;
}
