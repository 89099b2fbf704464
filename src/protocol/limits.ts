// What one connection may cost: the limits that the protocol floor enforces, and their defaults.

import { UsageError } from './errors.ts';

export interface MessageLimits {
  /**
   * The longest message, in bytes, after all its fragments are joined and it is inflated.
   * Beyond: close code 1009 (`MESSAGE_TOO_BIG`), at the header of the fragment that exceeds it.
   * @default 16_777_216 (16 MiB)
   */
  readonly maxMessageBytes?: number;
  /**
   * The longest payload of one frame, in bytes.
   * Beyond: close code 1009 (`FRAME_TOO_BIG`), at its header.
   * @default `maxMessageBytes`
   */
  readonly maxFrameBytes?: number;
  /**
   * What an unfinished message may cost, in bytes: its payload, and 64 for each of its frames, so that floods of tiny
   * or empty fragments end too.
   * Beyond: close code 1009 (`MESSAGE_TOO_COSTLY`).
   * @default twice `maxMessageBytes`, and at least 65_536
   */
  readonly maxMessageCostBytes?: number;
}

export const messageLimitDefaults = Object.freeze({
  maxMessageBytes: 16 * 1024 * 1024,
}) satisfies MessageLimits;

/** What a frame is charged against `maxMessageCostBytes` besides its payload. */
export const FRAME_COST_BYTES = 64;

/** A length cannot exceed what an array index can say, whatever a caller asks for. */
const LARGEST_MESSAGE_BYTES = 2 ** 31 - 1;

/** Fills in the defaults and refuses what cannot work together. */
export function resolveMessageLimits(limits: MessageLimits = {}): Required<MessageLimits> {
  const { maxMessageBytes = messageLimitDefaults.maxMessageBytes } = limits;
  checkWhole('maxMessageBytes', maxMessageBytes, LARGEST_MESSAGE_BYTES);
  const { maxFrameBytes = maxMessageBytes } = limits;
  checkWhole('maxFrameBytes', maxFrameBytes, LARGEST_MESSAGE_BYTES);
  if (maxFrameBytes > maxMessageBytes) {
    throw new UsageError(
      `maxFrameBytes (${maxFrameBytes}) is above maxMessageBytes (${maxMessageBytes}): no frame can be longer than its message`,
    );
  }
  const { maxMessageCostBytes = Math.max(2 * maxMessageBytes, 65_536) } = limits;
  checkWhole('maxMessageCostBytes', maxMessageCostBytes, Number.MAX_SAFE_INTEGER);
  if (maxMessageCostBytes < maxMessageBytes + FRAME_COST_BYTES) {
    throw new UsageError(
      `maxMessageCostBytes (${maxMessageCostBytes}) must be at least maxMessageBytes + ${FRAME_COST_BYTES}: ` +
        'a longest message in a single frame costs that much',
    );
  }
  return Object.freeze({
    maxMessageBytes,
    maxFrameBytes,
    maxMessageCostBytes,
  });
}

function checkWhole(name: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > largest) {
    throw new UsageError(`${name} must be a whole number from 1 to ${largest}, not ${String(value)}`);
  }
}
