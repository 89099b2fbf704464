// Attacks on sessions, presence and calls of the channel protocol.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../attack.ts';
import { closeCodeOf, failed, held, tally, verdict } from './outcome.ts';
import { codeOf, greet, isRefusal, json, type Packet, packetsUntil } from './packets.ts';

const realtime = { victim: { realtime: true }, needs: 'realtime', group: 'messages' } as const;

export const sessionAttacks: readonly Attack[] = [
  {
    ...realtime,
    name: 'two-claimants',
    about: 'continues each of 50 sessions on ten connections at once, and once more with the used secret',
    async run(attacker) {
      const owners: number[] = [];
      const closed: unknown[] = [];
      for (let round = 0; round < 50; round += 1) {
        const first = await attacker.open(json);
        first.sendText('{"t":"hello","id":1,"v":1,"auth":"let me in"}');
        const [welcome] = await packetsUntil(first, () => true);
        const { sid, tok } = welcome ?? ({} as Partial<Packet>);
        const hello = JSON.stringify({
          t: 'hello',
          id: 1,
          v: 1,
          auth: 'let me in',
          resume: { sid, tok, ch: [] },
        });
        const claimants = await attacker.openMany(10, json);
        for (const claimant of claimants) claimant.sendText(hello);
        const answers = await Promise.all(claimants.map((claimant) => packetsUntil(claimant, () => true)));
        closed.push(await closeCodeOf(first));
        const late = await attacker.open(json);
        late.sendText(hello);
        answers.push(await packetsUntil(late, () => true));
        owners.push(answers.filter(([answer]) => answer?.resumed === true).length);
        for (const { socket } of [first, ...claimants, late]) socket.destroy();
      }
      return verdict(
        owners.every((count) => count === 1) && closed.every((code) => code === 4409),
        `owners ${tally(owners)}; the first closed with ${tally(closed)}`,
      );
    },
  },
  {
    ...realtime,
    name: 'expired-tokens',
    about: 'goes on with 100 connections whose tokens run out, and renews them with bad ones',
    async run(attacker) {
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => greet(attacker, { auth: 'for a second' })),
      );
      for (const [index, client] of clients.entries()) {
        client.sendText('{"t":"sub","id":2,"ch":"members:1"}');
        if (index % 2 === 0) client.sendText('{"t":"auth","id":3,"auth":"of another"}');
      }
      const codes = await Promise.all(clients.map((client) => closeCodeOf(client)));
      return verdict(
        codes.every((code) => code === 4200),
        tally(codes),
      );
    },
  },
  {
    ...realtime,
    name: 'presence-bounds',
    about: 'enters more channels than may be, under names that are too long, with data that are too large',
    counter: 'maxPresences',
    async run(attacker) {
      const client = await greet(attacker, { auth: 'let me in' });
      for (let id = 2; id < 102; id += 1) {
        client.sendText(`{"t":"pres","id":${id},"ch":"crowd:${id}","do":"enter","c":1,"d":"here"}`);
      }
      // Those that are permitted are answered behind those that are refused at once.
      let answers = 0;
      const entered = await packetsUntil(client, ({ t }) => {
        if (t === 'reply') answers += 1;
        return answers === 100 || t === 'close';
      });
      const wrong = [
        { ch: 'crowd:1', do: 'enter', c: 2, d: 'x'.repeat(30_000) },
        { ch: 'crowd:1', do: 'enter', c: 3, d: { deep: [[[[[]]]]] } },
        { ch: `crowd:${'x'.repeat(200)}`, do: 'enter', c: 1, d: 'here' },
        { ch: 'crowd:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17', do: 'enter', c: 1, d: 'here' },
        { ch: 'crowd:../1', do: 'enter', c: 1, d: 'here' },
        { ch: 'open:1', do: 'enter', c: 1, d: 'here' },
        { ch: 'nowhere:1', do: 'watch' },
      ];
      for (const [index, packet] of wrong.entries()) {
        client.sendText(JSON.stringify({ t: 'pres', id: 200 + index, ...packet }));
      }
      answers = 0;
      const refused = await packetsUntil(client, ({ t }) => {
        if (t === 'reply') answers += 1;
        return answers === wrong.length || t === 'close';
      });
      const members = entered.filter(({ t, err }) => t === 'reply' && err === undefined).length;
      const refusals = refused.filter(({ id, err }) => (id ?? 0) >= 200 && err !== undefined);
      return verdict(
        members <= 50 && members > 0 && refusals.length === wrong.length,
        `${members} of 100 entered; ${tally(refusals.map(codeOf))}`,
      );
    },
  },
  {
    ...realtime,
    name: 'endless-calls',
    about:
      'makes 1 000 calls that are never answered on each of 20 connections, and streams that nobody reads',
    // The clock is looked at after 64 packets, each of which may take a tenth of a millisecond.
    maxDelayMs: 25,
    counter: 'maxInflight',
    async run(attacker) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => greet(attacker)));
      const refusals = await Promise.all(
        clients.map(async (client, index) => {
          for (let id = 2; id < 1_002; id += 1) {
            client.sendText(
              `{"t":"rpc","id":${id},"m":"${index % 2 === 0 ? 'stuck' : 'endless'}","d":null,"n":1}`,
            );
          }
          client.sendText('{"t":"ping"}');
          const packets = await packetsUntil(client, ({ t }) => t === 'pong' || t === 'close');
          return packets.filter(isRefusal).map(codeOf);
        }),
      );
      // The calls under way end with their connections.
      for (const client of clients) client.socket.destroy();
      return verdict(
        refusals.every((codes) => codes.length >= 900),
        tally(refusals.flat()),
      );
    },
  },
  {
    ...realtime,
    name: 'history-flood',
    about: 'asks 20 000 times for as much history as there may be, and answers nothing',
    // The clock is looked at after 64 packets, each of which may take a tenth of a millisecond.
    maxDelayMs: 25,
    counter: 'maxInflight',
    async run(attacker) {
      const client = await greet(attacker);
      for (let id = 2; id < 12; id += 1) {
        client.sendText(`{"t":"pub","id":${id},"ch":"open:1","d":"${'x'.repeat(20_000)}"}`);
      }
      await packetsUntil(client, ({ id }) => id === 11);
      for (let id = 12; id < 20_012; id += 1) {
        client.sendText(`{"t":"hist","id":${id},"ch":"open:1","dir":"back","n":1000}`);
      }
      client.socket.pause();
      await sleep(1_500);
      client.socket.resume();
      const packets = await packetsUntil(client, ({ id, t }) => id === 20_011 || t === 'close');
      const refusals = packets.filter(isRefusal);
      const isCut = client.isClosed || client.hasEnded;
      return verdict(
        isCut || refusals.length > 0,
        isCut ? `cut, ${tally(refusals.map(codeOf))}` : tally(refusals.map(codeOf)),
      );
    },
  },
  {
    ...realtime,
    name: 'unanswerable-flood',
    about: 'sends 500 000 packets that ask for nothing: acks, credit, cancels and pings, and reads no answer',
    counter: 'maxPacketsPerSecond',
    async run(attacker) {
      const client = await greet(attacker);
      const kinds = [
        '{"t":"ping"}',
        '{"t":"credit","s":1,"n":1}',
        '{"t":"cancel","id":9}',
        '{"t":"ack","s":1,"o":[1]}',
      ];
      for (let index = 0; index < 500_000 && client.socket.writable && !client.hasEnded; index += 1) {
        client.sendText(kinds[index % kinds.length] as string);
        if (index % 1_000 === 0) await new Promise(setImmediate);
      }
      const code = await closeCodeOf(client);
      return code === 4429 || code === 4001 || code === 4400 || code === 1006
        ? held(String(code))
        : failed(`closed with ${code ?? 'nothing'}`);
    },
  },
  {
    ...realtime,
    name: 'stalled-subscribers',
    about: 'subscribes 20 connections that read nothing to a channel, and publishes 800 times 20 KB to it',
    maxGrowthMiB: 128,
    counter: 'maxQueuedBytes',
    async run(attacker) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => greet(attacker)));
      for (const client of clients) {
        client.sendText('{"t":"sub","id":2,"ch":"open:1"}');
        await packetsUntil(client, ({ id }) => id === 2);
        client.socket.pause();
      }
      const publisher = await greet(attacker);
      for (let id = 2; id < 802; id += 1) {
        publisher.sendText(`{"t":"pub","id":${id},"ch":"open:1","d":"${'x'.repeat(20_000)}"}`);
        if (id % 32 === 0) await packetsUntil(publisher, (packet) => packet.id === id);
      }
      await sleep(500);
      for (const { socket } of clients) socket.resume();
      const codes = await Promise.all(clients.map((client) => closeCodeOf(client)));
      return verdict(
        codes.every((code) => code === 4001 || code === 1006),
        tally(codes),
      );
    },
  },
];
