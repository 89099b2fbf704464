// Attacks with packets of the channel protocol.

import { readFileSync } from 'node:fs';
import type { Attack } from '../attack.ts';
import { masked } from './client-frames.ts';
import { closeCodeOf, countCut, failed, held, statusOf, tally, verdict } from './outcome.ts';
import { codeOf, greet, isRefusal, json, messagePack, packetsUntil } from './packets.ts';
import { ask, requestTo } from './request.ts';

const realtime = { victim: { realtime: true }, needs: 'realtime', group: 'messages' } as const;
interface Vectors {
  readonly messages: readonly {
    readonly name: string;
    readonly from: string;
    readonly json?: string;
    readonly msgpack?: string;
  }[];
}

/** `{"t":"hello","id":1,"v":1}` in MessagePack. */
const packedHello = Buffer.from('83a174a568656c6c6fa2696401a17601', 'hex');

/** Every malformed message of the test vectors, as a frame: of JSON, of MessagePack, and of the plain profile. */
function malformed(): { name: string; frame: Buffer; hello: Buffer | undefined; profile: object }[] {
  const file = new URL('../../../../test/vectors/malformed.json', import.meta.url);
  const { messages } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
  const greeting = masked({ opcode: 1, payload: Buffer.from('{"t":"hello","id":1,"v":1}') });
  return messages
    .filter(({ from }) => from === 'client')
    .flatMap(({ name, json: text, msgpack }) => {
      const isHello = name.startsWith('hello');
      const written = text === undefined ? undefined : masked({ opcode: 1, payload: Buffer.from(text) });
      return [
        ...(written === undefined
          ? []
          : [
              { name, frame: written, hello: isHello ? undefined : greeting, profile: json },
              { name: `plain: ${name}`, frame: written, hello: undefined, profile: {} },
            ]),
        ...(msgpack === undefined
          ? []
          : [
              {
                name: `packed: ${name}`,
                frame: masked({ opcode: 2, payload: Buffer.from(msgpack, 'hex') }),
                hello: isHello ? undefined : masked({ opcode: 2, payload: packedHello }),
                profile: messagePack,
              },
            ]),
      ];
    });
}

export const messageAttacks: readonly Attack[] = [
  {
    ...realtime,
    name: 'malformed-packets',
    about:
      'sends every malformed packet of the test vectors, as JSON, as MessagePack, and in the plain profile',
    counter: 'badPackets',
    async run(attacker) {
      const wrong: string[] = [];
      const vectors = malformed();
      for (const { name, frame, hello, profile } of vectors) {
        const client = await attacker.open(profile);
        client.socket.write(hello === undefined ? frame : Buffer.concat([hello, frame]));
        const code = await closeCodeOf(client);
        if (code !== 4400) wrong.push(`${name}: ${code ?? 'nothing'}`);
        client.socket.destroy();
      }
      return wrong.length === 0 ? held(`4400 ×${vectors.length}`) : failed(wrong.join(', '));
    },
  },
  {
    ...realtime,
    name: 'plain-queries',
    about: 'asks for the plain profile with queries that are too long, name too much, or are malformed',
    runsOnce: true,
    async run(attacker) {
      const many = Array.from({ length: 400 }, (_, index) => `subscribe=open:${index}`).join('&');
      const queries = [
        many,
        `subscribe=${'x'.repeat(10_000)}`,
        `subscribe=open:1&since=${'9'.repeat(400)}`,
        'since=e/1',
        'subscribe=open:1&since=e/-1',
        'subscribe=open:1&since=e/1e999',
        'subscribe=open:1&since=%00/1',
        '%',
      ];
      const statuses: (number | undefined)[] = [];
      for (const query of queries) {
        statuses.push(await statusOf(await ask(attacker, requestTo(attacker, `/?${query}`))));
      }
      // Names that no channel has, and such as one may not see: it is let in, and told for each.
      const client = await attacker.open({
        path: '/?subscribe=members:1&subscribe=%00&subscribe=nowhere:1&subscribe=__proto__',
      });
      const [welcome] = await packetsUntil(client, () => true);
      const results = (welcome as { res?: readonly { err?: { code: string } }[] } | undefined)?.res ?? [];
      const codes = results.map(({ err }) => err?.code ?? 'ok');
      return verdict(
        statuses.every((status) => status !== undefined && status < 500) &&
          statuses[0] === 400 &&
          codes.length === 4 &&
          !codes.includes('ok'),
        `${tally(statuses)}; ${tally(codes)}`,
      );
    },
  },
  {
    ...realtime,
    name: 'deep-nesting',
    about: 'nests arrays 20 000 deep, in a hello and behind it',
    counter: 'badPackets',
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
    // The clock is looked at after 64 packets, each of which may take a tenth of a millisecond.
    maxDelayMs: 25,
    counter: 'maxSubscriptions',
    async run(attacker) {
      const client = await greet(attacker);
      for (let id = 2; id < 2_002; id += 1) client.sendText(`{"t":"sub","id":${id},"ch":"open:${id}"}`);
      const packets = await packetsUntil(client, ({ id, t }) => id === 2_001 || t === 'close');
      const refusals = packets.filter(isRefusal);
      return verdict(refusals.length > 0, tally(refusals.map(codeOf)));
    },
  },
  {
    ...realtime,
    name: 'publish-flood',
    about: 'publishes 20 000 times on one connection as fast as it is read',
    // The clock is looked at after 64 packets, each of which may take a tenth of a millisecond.
    maxDelayMs: 25,
    counter: 'maxPublishesPerSecond',
    async run(attacker) {
      const client = await greet(attacker);
      for (let id = 2; id < 20_002; id += 1) client.sendText(`{"t":"pub","id":${id},"ch":"open:1","d":"x"}`);
      const packets = await packetsUntil(client, ({ id, t }) => id === 20_001 || t === 'close');
      const refusals = packets.filter(isRefusal);
      return verdict(refusals.length > 0, tally(refusals.map(codeOf)));
    },
  },
  {
    ...realtime,
    name: 'long-packets',
    about: 'sends a hello of 20 KB, and a packet of 1 MB behind a good one',
    counter: 'maxPacketBytes',
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
