// The endpoint of either role, with its frame parser, message reader and closing handshake.

import { ProtocolErrorCode } from '../../../src/protocol/errors.ts';
import type { MessageLimits } from '../../../src/protocol/limits.ts';
import { EndpointRecorder } from '../../protocol/connection/endpoint-recorder.ts';
import { type FuzzTarget, promise, promiseSame } from '../fuzz-target.ts';
import { copyOf, cutAtRandom, randomOf } from '../input-chunks.ts';
import { FrameSetup, generateFrames } from './frame-grammar.ts';

const smallLimits: MessageLimits = { maxMessageBytes: 256, maxFrameBytes: 150, maxMessageCostBytes: 600 };

export const endpointTarget: FuzzTarget = {
  name: 'endpoint',
  promise:
    'the same calls for any chunks; documented errors only; nothing after an error or a Close; limits hold',
  weight: 4,

  generate(random) {
    const setup = random.integer(0, 15);
    const frames = generateFrames(random, (setup & FrameSetup.Server) !== 0);
    return Buffer.concat([Uint8Array.of(setup), frames]);
  },

  run(input) {
    const setup = input[0] ?? 0;
    const stream = input.subarray(1);
    const whole = receive(setup, [copyOf(stream)]);
    const { calls, error } = whole;
    promiseSame(receive(setup, cutAtRandom(stream, randomOf(input))).calls, calls, 'cut into chunks');

    promise(error === undefined || error.code in ProtocolErrorCode, `undocumented error ${error?.code}`);
    const last = calls.findIndex((call) => call.startsWith('error') || call.startsWith('closed'));
    promise(last === -1 || last === calls.length - 1, () => `calls after the end: ${calls.join('; ')}`);
    promise(
      last === -1 || calls[last - 1]?.startsWith('send Close') === true,
      'the end is not answered by a Close',
    );
    const { unfinishedBytes } = whole.endpoint;
    const isSmall = (setup & FrameSetup.SmallLimits) !== 0;
    const unfinished = isSmall ? Math.min(stream.length, 256 + 64) : stream.length;
    promise(unfinishedBytes <= 2 * unfinished + 4_096, `${unfinishedBytes} bytes held of ${unfinished}`);
    return calls.map((call) => call.slice(0, 12).replaceAll(/[0-9a-f]{2}/g, '')).join(';') + String(setup);
  },
};

function receive(setup: number, chunks: readonly Uint8Array[]): EndpointRecorder {
  const limits = (setup & FrameSetup.SmallLimits) === 0 ? { maxMessageBytes: 1 << 20 } : smallLimits;
  return new EndpointRecorder({
    role: (setup & FrameSetup.Server) === 0 ? 'client' : 'server',
    allowRsv1: (setup & FrameSetup.Compressed) !== 0,
    limits,
    requireMinimalLength: (setup & FrameSetup.AnyLengthForm) === 0,
  }).receiveAll(chunks);
}
