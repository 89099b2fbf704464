// What an unfinished message costs: the memory held, whatever pieces it came in.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Endpoint, type EndpointHandler } from '../../../src/protocol/connection/endpoint.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { buildFrame } from '../../protocol/frame-bytes.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { randomOf } from '../input-chunks.ts';

setFlagsFromString('--expose-gc');
const collect: (options: { type: 'minor' | 'major' }) => void = runInNewContext('gc');

const silent: EndpointHandler = {
  receiveMessage: () => {},
  receivePing: () => {},
  receivePong: () => {},
  receiveClose: () => {},
  receiveError: () => {},
  sendControl: () => {},
};

/** What the runtime itself adds and frees meanwhile. */
const noiseBytes = 4 * 1024;

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
    return Uint8Array.from({ length: random.integer(1, 200) }, () =>
      isUniform ? byte : random.integer(0, 255),
    );
  },

  run(input) {
    const random = randomOf(input);
    const chunkBytes = random.pick([64, 1_000, 4_096, 16_384, 65_536]);
    const endpoint = new Endpoint(silent, { role: 'client' });
    collect({ type: 'major' });
    const before = process.memoryUsage().arrayBuffers;
    const received = feed(endpoint, input, chunkBytes);
    collect({ type: 'major' });
    const held = process.memoryUsage().arrayBuffers - before;
    promise(
      held <= 2 * received + 4_096 + noiseBytes,
      `${held} bytes held of ${received} received in chunks of ${chunkBytes}`,
    );
    promise(endpoint.unfinishedBytes <= received, 'more unfinished than received');
    return `${Math.ceil(Math.log2(received + 1))} ${Math.ceil(Math.log2(Math.max(held, 0) + 1))}`;
  },
};

/** Fragments as a socket brings them: each chunk is memory of its own, of its full size, however little is in it. */
function feed(endpoint: Endpoint, input: Uint8Array, chunkBytes: number): number {
  let received = 0;
  let chunk = Buffer.alloc(chunkBytes);
  let used = 0;
  const flush = (): void => {
    endpoint.receive(chunk.subarray(0, used));
    chunk = Buffer.alloc(chunkBytes);
    used = 0;
  };
  for (const [index, byte] of input.entries()) {
    const payload = new Uint8Array(lengthOf(byte)).fill(byte);
    const frame = buildFrame({
      opcode: index === 0 ? Opcode.Binary : Opcode.Continuation,
      payload,
      isFinal: false,
    });
    received += frame.length;
    for (let at = 0; at < frame.length; ) {
      const length = Math.min(frame.length - at, chunkBytes - used);
      frame.copy(chunk, used, at, at + length);
      used += length;
      at += length;
      if (used === chunkBytes) flush();
    }
    // A chunk that is mostly empty, as a read of a few bytes is.
    if (byte % 7 === 0 && used > 0) flush();
  }
  if (used > 0) flush();
  return received;
}
