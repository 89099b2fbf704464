// A raw client of the channel protocol, as attacks use it.

import type { RawClient } from '../../websocket/raw-client.ts';
import type { Attacker } from '../attack.ts';
import { inTime } from './outcome.ts';

/** The request of a client that speaks JSON. */
export const json = { headers: { 'sec-websocket-protocol': 'tidewire.v1.json' } };
export const messagePack = { headers: { 'sec-websocket-protocol': 'tidewire.v1.msgpack' } };

export interface Packet {
  readonly t: string;
  readonly id?: number;
  readonly code?: number | string;
  readonly err?: { readonly code?: string };
  readonly ok?: unknown;
  readonly sid?: string;
  readonly tok?: string;
  readonly resumed?: boolean;
}

/** Connects, says hello, and waits for the welcome. */
export async function greet(attacker: Attacker, hello: object = {}): Promise<RawClient> {
  const client = await attacker.open(json);
  client.sendText(JSON.stringify({ t: 'hello', id: 1, v: 1, ...hello }));
  await inTime(client.text());
  return client;
}

/** The packets that come until this is true of one, or the connection ends, or nothing more comes. */
export async function packetsUntil(
  client: RawClient,
  isLast: (packet: Packet) => boolean,
  withinMs = 4_000,
): Promise<Packet[]> {
  const packets: Packet[] = [];
  const reading = (async () => {
    for (;;) {
      const frame = await client.frame();
      if (frame.opcode === 8) {
        packets.push({ t: 'close', code: frame.payload.readUInt16BE(0) });
        return;
      }
      if (frame.opcode !== 1) continue;
      const packet = JSON.parse(frame.payload.toString()) as Packet;
      packets.push(packet);
      if (isLast(packet)) return;
    }
  })().catch(() => undefined);
  await inTime(reading, withinMs);
  return packets;
}

/** The close code, the error code, or else the type of a packet. */
export function codeOf({ t, code, err }: Packet): string {
  return String(code ?? err?.code ?? t);
}

/** Whether something was refused by it. */
export function isRefusal({ err, t }: Packet): boolean {
  return err !== undefined || t === 'close';
}
