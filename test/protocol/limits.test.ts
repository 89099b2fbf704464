import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../src/protocol/errors.ts';
import { FRAME_COST_BYTES, type MessageLimits, resolveMessageLimits } from '../../src/protocol/limits.ts';

const MiB = 1024 * 1024;

describe('message limits', () => {
  const resolved: [name: string, given: MessageLimits, expected: Required<MessageLimits>][] = [
    [
      'have defaults',
      {},
      {
        maxMessageBytes: 16 * MiB,
        maxFrameBytes: 16 * MiB,
        maxMessageCostBytes: 32 * MiB,
      },
    ],
    [
      'follow maxMessageBytes',
      { maxMessageBytes: MiB },
      { maxMessageBytes: MiB, maxFrameBytes: MiB, maxMessageCostBytes: 2 * MiB },
    ],
    [
      'allow a thousand fragments even of the smallest messages',
      { maxMessageBytes: 1 },
      { maxMessageBytes: 1, maxFrameBytes: 1, maxMessageCostBytes: 65_536 },
    ],
    [
      'are as they are given',
      { maxMessageBytes: 9, maxFrameBytes: 8, maxMessageCostBytes: 100 },
      { maxMessageBytes: 9, maxFrameBytes: 8, maxMessageCostBytes: 100 },
    ],
    [
      'reach to 2^31 - 1 bytes',
      { maxMessageBytes: 2 ** 31 - 1 },
      {
        maxMessageBytes: 2 ** 31 - 1,
        maxFrameBytes: 2 ** 31 - 1,
        maxMessageCostBytes: 2 ** 32 - 2,
      },
    ],
  ];
  for (const [name, given, expected] of resolved) {
    it(name, () => assert.deepEqual(resolveMessageLimits(given), expected));
  }

  const refused: [given: MessageLimits, option: string, value: string][] = [
    [{ maxMessageBytes: 0 }, 'maxMessageBytes', '0'],
    [{ maxMessageBytes: -1 }, 'maxMessageBytes', '-1'],
    [{ maxMessageBytes: 1.5 }, 'maxMessageBytes', '1.5'],
    [{ maxMessageBytes: Number.POSITIVE_INFINITY }, 'maxMessageBytes', 'Infinity'],
    [{ maxMessageBytes: Number.NaN }, 'maxMessageBytes', 'NaN'],
    [{ maxMessageBytes: 2 ** 31 }, 'maxMessageBytes', '2147483648'],
    [{ maxMessageBytes: '5' as unknown as number }, 'maxMessageBytes', '5'],
    [{ maxFrameBytes: 0 }, 'maxFrameBytes', '0'],
    [{ maxMessageBytes: 10, maxFrameBytes: 11 }, 'maxFrameBytes', '11'],
    [{ maxMessageCostBytes: 16 * MiB + FRAME_COST_BYTES - 1 }, 'maxMessageCostBytes', '16777279'],
  ];
  for (const [given, option, value] of refused) {
    it(`refuse ${JSON.stringify(given)} with an error that names ${option} and ${value}`, () =>
      assert.throws(
        () => resolveMessageLimits(given),
        (error) =>
          error instanceof UsageError && error.message.includes(option) && error.message.includes(value),
      ));
  }
});
