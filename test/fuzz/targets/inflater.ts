// The inflater of permessage-deflate: messages of one connection, of which some are damaged, in both of its engines.

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { ProtocolError } from '../../../src/protocol/errors.ts';
import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { DeflatePool } from '../../../src/websocket/deflate/deflate-pool.ts';
import { directZlib } from '../../../src/websocket/deflate/direct-zlib.ts';
import { MessageInflater } from '../../../src/websocket/deflate/message-inflater.ts';
import { publicZlib } from '../../../src/websocket/deflate/public-zlib.ts';
import { FLUSH_TAIL } from '../../../src/websocket/deflate/zlib-context.ts';
import { type FuzzTarget, promise, promiseSame } from '../fuzz-target.ts';
import { hashOf } from '../input-chunks.ts';

const maxMessageBytes = 200_000;
const pools = { direct: new DeflatePool(directZlib), public: new DeflatePool(publicZlib) };

/** An input is the setup in one byte, then messages, each behind its length in two bytes. */
function messagesOf(input: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 1; at + 2 <= input.length && messages.length < 8; ) {
    const length = ((input[at] as number) << 8) | (input[at + 1] as number);
    messages.push(input.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return messages;
}

function anyMessage(random: SeededRandom): Buffer {
  const plain = anyPlain(random);
  const options = {
    windowBits: random.integer(9, 15),
    level: random.integer(0, 9),
    strategy: random.pick([constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_RLE]),
  };
  // 7.2.3.4. A message may also end with a block that has BFINAL set.
  if (random.chance(0.15)) {
    const ended = deflateRawSync(plain, options);
    return random.chance(0.5) ? Buffer.concat([ended, Buffer.from([0])]) : ended;
  }
  const flushed = deflateRawSync(plain, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
  return flushed.subarray(0, flushed.length - 4);
}

function anyPlain(random: SeededRandom): Buffer {
  const kind = random.integer(0, 4);
  if (kind === 0) return Buffer.alloc(random.integer(0, 20));
  // Around a step of the inflater, and around the limit.
  if (kind === 1)
    return Buffer.alloc(
      random.pick([65_535, 65_536, 65_537, maxMessageBytes, maxMessageBytes + 1, 2_000_000]),
      'a',
    );
  if (kind === 2)
    return Buffer.from(Array.from({ length: random.integer(0, 500) }, () => random.integer(0, 255)));
  return Buffer.from('{"price":1,"name":"tide"}'.repeat(random.integer(1, 30)));
}

export const inflaterTarget: FuzzTarget = {
  name: 'inflater',
  promise: 'both engines give what zlib gives; data or a documented error; never more than the limit',
  weight: 0.5,

  generate(random) {
    const parts: Uint8Array[] = [Uint8Array.of(random.integer(0, 255))];
    for (let count = random.integer(1, 4); count > 0; count -= 1) {
      const message = anyMessage(random);
      if (message.length > 8_000) continue;
      if (random.chance(0.3) && message.length > 0)
        message[random.integer(0, message.length - 1)] = random.integer(0, 255);
      parts.push(Uint8Array.of(message.length >> 8, message.length & 0xff), message);
    }
    return Buffer.concat(parts);
  },

  run(input) {
    const setup = input[0] ?? 0;
    const messages = messagesOf(input);
    const options = { windowBits: 15, keepsWindow: (setup & 8) !== 0, maxMessageBytes };
    const sound = soundMessages(messages, options.keepsWindow);
    const direct = inflateAll(messages, options, pools.direct);
    const viaPublic = inflateAll(messages, options, pools.public);
    promiseSame(direct.slice(0, sound.length), sound, 'the direct engine');
    promiseSame(viaPublic.slice(0, sound.length), sound, 'the public engine');
    // A smaller window than the peer uses: refused or not, it stays within the limit.
    inflateAll(messages, { ...options, windowBits: 8 + (setup & 7) }, pools.direct);
    return `${direct.map((line) => line.slice(0, 8)).join(';')} ${sound.length} ${setup & 15}`;
  },
};

/** What a stored block without bytes is, when it is the last of a stream. */
const LAST_BLOCK = Uint8Array.of(0x01, 0x00, 0x00, 0xff, 0xff);

/** What zlib answers with `info`; its types do not say so. */
interface Informed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * The messages up to the first that is no whole DEFLATE data, as zlib itself inflates each of them at once. What such a
 * message comes to is not defined, nor what follows it with the same window: it only has to be bounded.
 */
function soundMessages(messages: readonly Uint8Array[], keepsWindow: boolean): string[] {
  const lines: string[] = [];
  let window = Buffer.alloc(0);
  for (const message of messages) {
    const flushed = Buffer.concat([message, FLUSH_TAIL]);
    try {
      const dictionary = window.length > 0 ? { dictionary: window } : {};
      const options = { ...dictionary, maxOutputLength: maxMessageBytes };
      const buffer = inflateRawSync(flushed, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
      // Only behind a whole message is this a block by itself. Zlib throws when the stream does not end with it.
      const whole = Buffer.concat([flushed, LAST_BLOCK]);
      const ended = inflateRawSync(whole, { ...options, info: true }) as unknown as Informed;
      if (ended.buffer.length !== buffer.length || ended.engine.bytesWritten !== whole.length) break;
      lines.push(line(buffer));
      if (keepsWindow) window = Buffer.concat([window, buffer]).subarray(-32_768);
    } catch {
      // Damaged, or too long.
      break;
    }
  }
  return lines;
}

function line(inflated: Uint8Array): string {
  return `${inflated.length} bytes ${hashOf(inflated)}`;
}

function inflateAll(
  messages: readonly Uint8Array[],
  options: { windowBits: number; keepsWindow: boolean; maxMessageBytes: number },
  pool: DeflatePool,
): string[] {
  const inflater = new MessageInflater({ ...options, pool });
  const lines: string[] = [];
  for (const message of messages) {
    let inflated = inflater.begin(message);
    for (let turns = 0; inflated === undefined; turns += 1) {
      promise(turns < 10, 'it does not come to an end');
      inflated = inflater.turn();
    }
    if (inflated instanceof ProtocolError) {
      const { code } = inflated;
      const isKnown = ['MESSAGE_TOO_BIG', 'MESSAGE_TOO_COSTLY', 'INVALID_DEFLATE'].includes(code);
      promise(isKnown, `undocumented ${code}`);
      lines.push(code);
      break;
    }
    promise(inflated.length <= maxMessageBytes, `${inflated.length} bytes, above the limit`);
    lines.push(line(inflated));
  }
  inflater.release();
  return lines;
}
