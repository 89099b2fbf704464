// The frames that attacks send, and how they are sent.

import { constants, deflateRawSync } from 'node:zlib';
import { buildFrame, exampleKey, type FrameShape } from '../../protocol/frame-bytes.ts';
import type { RawClient } from '../../websocket/raw-client.ts';
import type { Attack, Attacker } from '../attack.ts';
import { closeCodeOf, failed, held, isDrained } from './outcome.ts';

export const RSV1 = 0x40;

/** A request that offers permessage-deflate. */
export const offersDeflate = { headers: { 'sec-websocket-extensions': 'permessage-deflate' } };

export function masked(shape: FrameShape): Buffer {
  return buildFrame({ maskingKey: exampleKey, ...shape });
}

/** A message as RFC 7692, section 7.2.1, has it. */
export function compress(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Writes as fast as is read, until the connection ends, or the other side has not read for too long. */
export async function flood(client: RawClient, bytes: Buffer, times: number): Promise<void> {
  const { socket } = client;
  for (let count = 0; count < times && socket.writable && !client.hasEnded; count += 1) {
    if (!socket.write(bytes) && !(await isDrained(client))) return;
  }
}

/** Sends each of these on a connection of its own, and compares the close codes. */
export async function answersTo(
  attacker: Attacker,
  cases: readonly (readonly [bytes: Buffer, code: number])[],
  request: Parameters<Attacker['open']>[0] = {},
): ReturnType<Attack['run']> {
  const wrong: string[] = [];
  for (const [index, [bytes, code]] of cases.entries()) {
    const client = await attacker.open(request);
    client.socket.write(bytes);
    const answer = await closeCodeOf(client);
    if (answer !== code) wrong.push(`case ${index + 1}: ${answer ?? 'nothing'} instead of ${code}`);
    client.socket.destroy();
  }
  return wrong.length === 0 ? held(`${cases.length} times the right code`) : failed(wrong.join(', '));
}
