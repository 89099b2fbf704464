// Attacks with packets of the channel protocol.

import { readFileSync } from 'node:fs';
import type { RawClient } from '../../websocket/raw-client.ts';
import type { Attack, Attacker } from '../attack.ts';
import { closeCodeOf, countCut, failed, held, inTime, tally, verdict } from './outcome.ts';

const realtime = { victim: { realtime: true }, needs: 'realtime', group: 'messages' } as const;
const json = { headers: { 'sec-websocket-protocol': 'tidewire.v1.json' } };

interface Vectors {
  readonly messages: readonly { readonly name: string; readonly from: string; readonly json?: string }[];
}

function malformed(): Vectors['messages'] {
  const file = new URL('../../../../test/vectors/malformed.json', import.meta.url);
  const { messages } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
  return messages.filter(({ from, json: text }) => from === 'client' && text !== undefined);
}

async function greet(attacker: Attacker, hello: object = {}): Promise<RawClient> {
  const client = await attacker.open(json);
  client.sendText(JSON.stringify({ t: 'hello', id: 1, v: 1, ...hello }));
  await inTime(client.text());
  return client;
}

/** The packets that come until one of this type, or until nothing more does. */
async function packetsUntil(client: RawClient, isLast: (packet: Packet) => boolean): Promise<Packet[]> {
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
  await inTime(reading, 4_000);
  return packets;
}

interface Packet {
  readonly t: string;
  readonly id?: number;
  readonly code?: number | string;
  readonly err?: { readonly code?: string };
}

const codeOf = ({ t, code, err }: Packet): string => String(code ?? err?.code ?? t);

export const messageAttacks: readonly Attack[] = [
  {
    ...realtime,
    name: 'malformed-packets',
    about: 'sends every malformed packet of the test vectors',
    async run(attacker) {
      const wrong: string[] = [];
      const vectors = malformed();
      for (const { name, json: text = '' } of vectors) {
        const isHello = text.includes('"hello"');
        const client = isHello ? await attacker.open(json) : await greet(attacker);
        client.sendText(text);
        const code = await closeCodeOf(client);
        if (code !== 4400) wrong.push(`${name}: ${code ?? 'nothing'}`);
        client.socket.destroy();
      }
      return wrong.length === 0 ? held(`4400 ×${vectors.length}`) : failed(wrong.join(', '));
    },
  },
  {
    ...realtime,
    name: 'deep-nesting',
    about: 'nests arrays 20 000 deep, in a hello and behind it',
    async run(attacker) {
      const deep = '['.repeat(20_000) + ']'.repeat(20_000);
      const early = await attacker.open(json);
      early.sendText(`{"t":"hello","id":1,"v":1,"auth":${deep.slice(15_000, 25_000)}}`);
      const late = await greet(attacker);
      late.sendText(`{"t":"pub","id":2,"ch":"open:1","d":${deep}}`);
      const codes = await Promise.all([closeCodeOf(early), closeCodeOf(late)]);
      return verdict(
        codes.every((code) => code === 4400 || code === 1009),
        tally(codes),
      );
    },
  },
  {
    ...realtime,
    name: 'silent-strangers',
    about: 'opens 300 connections that never say hello',
    async run(attacker) {
      const clients = await attacker.openMany(300, json);
      const codes = await Promise.all(clients.map((client) => closeCodeOf(client)));
      for (const client of clients) client.sendClose(1000);
      const cut = await countCut(clients);
      return verdict(cut === 300 && codes.every((code) => code === 4408), tally(codes));
    },
  },
  {
    ...realtime,
    name: 'forbidden-verbs',
    about:
      'as a guest, subscribes and publishes where only members may, and continues a session with guessed secrets',
    async run(attacker) {
      const client = await greet(attacker);
      client.sendText('{"t":"sub","id":2,"ch":"members:1"}');
      client.sendText('{"t":"pub","id":3,"ch":"members:1","d":"hi"}');
      const packets = await packetsUntil(client, ({ id }) => id === 3);
      const refused = packets.map(codeOf);
      const thief = await attacker.open(json);
      thief.sendText(
        '{"t":"hello","id":1,"v":1,"resume":{"sid":"AAAAAAAAAAAAAAAA","tok":"AAAAAAAAAAAAAAAAAAAAAAAA","ch":[]}}',
      );
      const [welcome] = await packetsUntil(thief, () => true);
      const isResumed = (welcome as { resumed?: boolean } | undefined)?.resumed;
      return verdict(
        refused.length === 2 &&
          refused.every((code) => code === 'forbidden' || code === 'unauthenticated') &&
          isResumed !== true,
        `${tally(refused)}; resumed: ${isResumed ?? welcome?.t}`,
      );
    },
  },
  {
    ...realtime,
    name: 'subscription-flood',
    about: 'subscribes to 2 000 channels on one connection',
    async run(attacker) {
      const client = await greet(attacker);
      for (let id = 2; id < 2_002; id += 1) client.sendText(`{"t":"sub","id":${id},"ch":"open:${id}"}`);
      const packets = await packetsUntil(client, ({ id, t }) => id === 2_001 || t === 'close');
      const refusals = packets.filter(({ err, t }) => err !== undefined || t === 'close');
      return verdict(refusals.length > 0, tally(refusals.map(codeOf)));
    },
  },
  {
    ...realtime,
    name: 'publish-flood',
    about: 'publishes 20 000 times on one connection as fast as it is read',
    async run(attacker) {
      const client = await greet(attacker);
      for (let id = 2; id < 20_002; id += 1) client.sendText(`{"t":"pub","id":${id},"ch":"open:1","d":"x"}`);
      const packets = await packetsUntil(client, ({ id, t }) => id === 20_001 || t === 'close');
      const refusals = packets.filter(({ err, t }) => err !== undefined || t === 'close');
      return verdict(refusals.length > 0, tally(refusals.map(codeOf)));
    },
  },
  {
    ...realtime,
    name: 'long-packets',
    about: 'sends a hello of 20 KB, and a packet of 1 MB behind a good one',
    async run(attacker) {
      const early = await attacker.open(json);
      early.sendText(`{"t":"hello","id":1,"v":1,"auth":"${'x'.repeat(20_000)}"}`);
      const late = await greet(attacker);
      late.sendText(`{"t":"pub","id":2,"ch":"open:1","d":"${'x'.repeat(1_000_000)}"}`);
      const codes = await Promise.all([closeCodeOf(early), closeCodeOf(late)]);
      return verdict(
        codes.every((code) => code === 1009),
        tally(codes),
      );
    },
  },
];
