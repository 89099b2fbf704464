// Attacks with frames and fragments.

import { setTimeout as sleep } from 'node:timers/promises';
import { buildFrame } from '../../protocol/frame-bytes.ts';
import type { Attack } from '../attack.ts';
import { answersTo, flood, masked } from './client-frames.ts';
import {
  closeCodeOf,
  countCut,
  frameOf,
  held,
  inTime,
  isCut,
  PATIENCE_MS,
  tally,
  verdict,
} from './outcome.ts';

const MiB = 1024 * 1024;

function declared(length: bigint): Buffer {
  const header = Buffer.alloc(14);
  header.set([0x82, 0xff]);
  header.writeBigUInt64BE(length, 2);
  return header;
}

/** A message in fragments of these lengths. */
function messageOf(lengths: readonly number[]): Buffer {
  return Buffer.concat(
    lengths.map((length, index) =>
      masked({
        opcode: index === 0 ? 2 : 0,
        isFinal: index === lengths.length - 1,
        payload: Buffer.alloc(length),
      }),
    ),
  );
}

export const frameAttacks: readonly Attack[] = [
  {
    name: 'declared-lengths',
    group: 'frames',
    about: 'declares frames of 2³¹, 2³², 2⁵³, 2⁶³ bytes and their neighbours, and sends none of them',
    // The heap of a thousand connections, one after the other; the least of these lengths is 2 GiB.
    maxGrowthMiB: 48,
    counter: 'maxFrameBytes',
    run(attacker) {
      const tooLong = [2n ** 31n - 1n, 2n ** 31n, 2n ** 31n + 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n];
      const far = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
      const invalid = [2n ** 63n, 2n ** 64n - 1n];
      return answersTo(attacker, [
        ...[...tooLong, ...far].map((length) => [declared(length), 1009] as const),
        ...invalid.map((length) => [declared(length), 1002] as const),
      ]);
    },
  },
  {
    name: 'broken-rules',
    group: 'frames',
    about: 'breaks each rule of RFC 6455 for frames and text',
    run(attacker) {
      const text = (bytes: number[], isFinal = true): Buffer =>
        masked({ opcode: 1, isFinal, payload: Buffer.from(bytes) });
      return answersTo(attacker, [
        [buildFrame({ opcode: 1, payload: Buffer.from('unmasked') }), 1002],
        ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [masked({ opcode }), 1002] as const),
        ...[0x40, 0x20, 0x10].map((reserved) => [masked({ opcode: 2, reserved }), 1002] as const),
        [masked({ opcode: 9, isFinal: false }), 1002],
        [masked({ opcode: 9, payload: Buffer.alloc(126) }), 1002],
        [masked({ opcode: 0 }), 1002],
        [Buffer.concat([text([65], false), text([66])]), 1002],
        [masked({ opcode: 8, payload: Buffer.of(3) }), 1002],
        ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
          (code) => [masked({ opcode: 8, payload: Buffer.of(code >> 8, code & 255) }), 1002] as const,
        ),
        [text([0xc0, 0xaf]), 1007],
        [text([0xed, 0xa0, 0x80]), 1007],
        [text([0xf4, 0x90, 0x80, 0x80]), 1007],
        // Its end can make no character of what came: the message need not be over for that.
        [text([0xe2, 0x28], false), 1007],
        [Buffer.concat([text([0xe2, 0x82], false), masked({ opcode: 0, payload: Buffer.of(0x28) })]), 1007],
        [masked({ opcode: 8, payload: Buffer.of(3, 232, 0xff) }), 1007],
      ]);
    },
  },
  {
    name: 'at-the-limits',
    group: 'frames',
    about: 'sends what is just allowed, what is one byte more, and units of no length at all',
    maxGrowthMiB: 96,
    counter: 'maxMessageBytes',
    async run(attacker) {
      const allowed = [
        [MiB],
        [MiB - 1],
        [0],
        [0, 0, 0],
        [0, MiB, 0],
        [MiB - 1, 0, 1],
        // 2 MiB are what a message of 1 MiB may cost, each of its frames 64 bytes.
        [MiB, ...new Array<number>(MiB / 64 - 1).fill(0)],
      ];
      const refused = [[MiB + 1], [0, MiB + 1], [MiB, 1], [MiB - 1, 0, 2], new Array<number>(32_769).fill(0)];
      const echoed = await Promise.all(
        allowed.map(async (lengths) => {
          const client = await attacker.open();
          client.socket.write(messageOf(lengths));
          const echo = await frameOf(client, 2);
          return echo?.payload.length === lengths.reduce((sum, length) => sum + length, 0);
        }),
      );
      const control = await attacker.open();
      control.send({ opcode: 9, payload: Buffer.alloc(125) });
      control.send({ opcode: 9 });
      const pongs = [await frameOf(control, 10), await frameOf(control, 10)].map(
        (pong) => pong?.payload.length,
      );
      const codes = await Promise.all(
        refused.map(async (lengths) => {
          const client = await attacker.open();
          client.socket.write(messageOf(lengths));
          return closeCodeOf(client);
        }),
      );
      return verdict(
        echoed.every((isEchoed) => isEchoed) &&
          codes.every((code) => code === 1009 || code === 1008) &&
          pongs.join() === '125,0',
        `${echoed.filter((isEchoed) => isEchoed).length} of ${allowed.length} echoed, ${tally(codes)}`,
      );
    },
  },
  {
    name: 'tiny-fragments',
    group: 'frames',
    about: 'sends a message in 100 000 fragments of one byte, on each of ten connections, and ends none',
    counter: 'maxMessageCostBytes',
    async run(attacker) {
      const clients = await attacker.openMany(10);
      const first = masked({ opcode: 2, isFinal: false, payload: Buffer.of(1) });
      const more = Buffer.concat(
        Array.from({ length: 1_000 }, () => masked({ opcode: 0, isFinal: false, payload: Buffer.of(1) })),
      );
      const codes = clients.map((client) => closeCodeOf(client));
      await Promise.all(
        clients.map(async (client) => {
          client.socket.write(first);
          await flood(client, more, 100);
        }),
      );
      const answers = await Promise.all(codes);
      return verdict(
        answers.every((code) => code === 1009 || code === 1008),
        tally(answers),
      );
    },
  },
  {
    name: 'empty-fragments',
    group: 'frames',
    about: 'sends empty fragments without end',
    counter: 'maxMessageCostBytes',
    async run(attacker) {
      const client = await attacker.open();
      client.socket.write(masked({ opcode: 1, isFinal: false }));
      const code = closeCodeOf(client);
      const more = Buffer.concat(Array.from({ length: 1_000 }, () => masked({ opcode: 0, isFinal: false })));
      await flood(client, more, 500);
      const answer = await code;
      return verdict(answer === 1009 || answer === 1008, tally([answer]));
    },
  },
  {
    name: 'unfinished-messages',
    group: 'frames',
    about: 'sends 200 messages of 900 KiB on as many connections, and the last byte of none',
    victim: { limits: { maxUnfinishedBytes: 32 * MiB } },
    // The budget, and garbage: V8 begins to collect memory of buffers at 64 MiB, and more comes while it does.
    maxGrowthMiB: 192,
    // 200 sockets are ready at once: one read of each is 3 MiB to copy, into memory that the system first has to make.
    maxDelayMs: 80,
    counter: 'maxUnfinishedBytes',
    async run(attacker) {
      const clients = await attacker.openMany(200);
      const frame = masked({ opcode: 2, payload: Buffer.alloc(900 * 1024) }).subarray(0, -1);
      for (const { socket } of clients) socket.write(frame);
      let refused = 0;
      for (const client of clients) {
        void closeCodeOf(client).then((code) => {
          if (code === 1013) refused += 1;
        });
      }
      // At most 37 of them fit.
      const until = performance.now() + PATIENCE_MS;
      while (refused < 150 && performance.now() < until) await sleep(50);
      return verdict(refused >= 150, `${refused} closed with 1013`);
    },
  },
  {
    name: 'ping-flood',
    group: 'frames',
    about: 'sends 200 000 Pings of 125 bytes and reads no Pong',
    counter: 'maxMessagesPerSecond',
    async run(attacker) {
      const client = await attacker.open();
      client.socket.pause();
      const pings = Buffer.concat(
        Array.from({ length: 500 }, () => masked({ opcode: 9, payload: Buffer.alloc(125) })),
      );
      await flood(client, pings, 400);
      return held('taken');
    },
  },
  {
    name: 'slow-handlers',
    group: 'frames',
    about: 'sends 20 000 messages of 4 KiB, each of which takes the application 50 ms',
    needs: 'routes',
    counter: 'maxHandlersInFlight',
    async run(attacker) {
      const client = await attacker.open({ path: '/slow' });
      const messages = Buffer.concat(
        Array.from({ length: 20 }, () => masked({ opcode: 2, payload: Buffer.alloc(4096) })),
      );
      const flooding = flood(client, messages, 1_000);
      const isTaken = await inTime(
        flooding.then(() => true),
        3_000,
      );
      // What the system's buffers take is not up to the server; after them the sender has to wait.
      return verdict(
        isTaken === undefined,
        isTaken === undefined ? 'the sender has to wait' : 'all taken at once',
      );
    },
  },
  {
    name: 'message-flood',
    group: 'frames',
    about: 'sends a million messages of one byte, as fast as they are taken',
    counter: 'maxMessagesPerSecond',
    async run(attacker) {
      const clients = await attacker.openMany(4, { path: '/silent' }).catch(() => attacker.openMany(4));
      const messages = Buffer.concat(
        Array.from({ length: 1_000 }, () => masked({ opcode: 2, payload: Buffer.of(1) })),
      );
      await Promise.all(clients.map((client) => flood(client, messages, 250)));
      // A Pong comes when what was sent before the Ping has been read.
      for (const client of clients) client.send({ opcode: 9 });
      const pongs = await Promise.all(clients.map((client) => frameOf(client, 10, 30_000)));
      const taken = pongs.filter((pong) => pong !== undefined).length;
      return verdict(taken === 4, `all of ${taken} of 4 taken`);
    },
  },
  {
    name: 'close-unanswered',
    group: 'frames',
    about: 'answers no Close on 100 connections, and on half of them goes on sending',
    needs: 'routes',
    counter: 'closeTimeoutMs',
    async run(attacker) {
      const clients = await attacker.openMany(100, { path: '/silent' });
      attacker.command({ type: 'close' });
      const codes = await Promise.all(clients.map((client) => closeCodeOf(client)));
      const frame = masked({ opcode: 2, payload: Buffer.alloc(1024) });
      const sending = setInterval(() => {
        for (const { socket } of clients.slice(50)) if (socket.writable) socket.write(frame);
      }, 20);
      const cut = await countCut(clients);
      clearInterval(sending);
      return verdict(cut === 100 && codes.every((code) => code === 1000), `${cut} of 100 cut`);
    },
  },
  {
    name: 'vanished-peers',
    group: 'frames',
    about: 'leaves 200 connections open that answer no Ping',
    needs: 'own-process',
    counter: 'keepalive',
    async run(attacker) {
      const clients = await attacker.openMany(200);
      const cut = await Promise.all(
        clients.map(async (client) => {
          // It reads, so that the end is noticed, and answers nothing.
          return isCut(client);
        }),
      );
      const gone = cut.filter((isGone) => isGone).length;
      return verdict(gone === 200, `${gone} of 200 cut`);
    },
  },
];
