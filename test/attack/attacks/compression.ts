// Attacks with permessage-deflate.

import { randomBytes } from 'node:crypto';
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { RawClient } from '../../websocket/raw-client.ts';
import { upgradeRequest } from '../../websocket/raw-client.ts';
import type { Attack } from '../attack.ts';
import { answersTo, compress, masked, offersDeflate, RSV1 } from './client-frames.ts';
import { closeCodeOf, failed, frameOf, held, tally, verdict } from './outcome.ts';

const MiB = 1024 * 1024;
const TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff);

/** Offers, good and bad ones; what a server agrees to is then used. */
const offers = [
  'permessage-deflate',
  'permessage-deflate; server_max_window_bits=8',
  'permessage-deflate; server_max_window_bits=9',
  'permessage-deflate; server_max_window_bits="10"',
  'permessage-deflate; server_max_window_bits=15; client_max_window_bits=8',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; server_max_window_bits=08',
  'permessage-deflate; server_max_window_bits=99999999999999999999',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; server_max_window_bits=""',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; client_max_window_bits=9; client_max_window_bits=10',
  'permessage-deflate; __proto__; constructor=1',
  'permessage-deflate; unknown',
  'permessage-deflate; server_max_window_bits=7, permessage-deflate; unknown, permessage-deflate',
  'permessage-bzip2, x-webkit-deflate-frame',
  Array.from({ length: 400 }, () => 'permessage-deflate; unknown').join(', '),
  'permessage-deflate;',
  'permessage-deflate; =8',
  ', ,permessage-deflate',
  '"permessage-deflate"',
  'permessage-deflate; server_max_window_bits="8',
] as const;

/** The agreed extension; an empty text when there is none, undefined when the handshake is refused. */
async function agree(client: RawClient, offer: string, host: string): Promise<string | undefined> {
  client.socket.write(upgradeRequest({ headers: { host, 'sec-websocket-extensions': offer } }), 'latin1');
  const head = await client.head().catch(() => '');
  if (!head.startsWith('HTTP/1.1 101')) return undefined;
  return /^sec-websocket-extensions: (.*)\r$/im.exec(head)?.[1] ?? '';
}

/** Sends a message that needs its window, and says whether its echo is the same within the window that was agreed to. */
async function echoes(client: RawClient, agreed: string): Promise<boolean> {
  const text = Buffer.concat([randomBytes(300), Buffer.alloc(3_000, 'window'), randomBytes(300)]);
  const payload = Buffer.concat([text, text]);
  const clientBits = Number(/client_max_window_bits=(\d+)/.exec(agreed)?.[1] ?? 15);
  const deflated = deflateRawSync(payload, {
    finishFlush: constants.Z_SYNC_FLUSH,
    // zlib makes no raw streams of 8 bits, and those of 9 reach no further than 8 when nothing repeats that far back.
    windowBits: Math.max(clientBits, 9),
  }).subarray(0, -4);
  client.send(
    agreed === ''
      ? { opcode: 2, payload }
      : {
          opcode: 2,
          reserved: RSV1,
          payload: clientBits === 8 ? compress(payload.subarray(0, 200)) : deflated,
        },
  );
  const echo = await frameOf(client, 2);
  if (echo === undefined) return false;
  const expected = agreed !== '' && clientBits === 8 ? payload.subarray(0, 200) : payload;
  if ((echo.reserved & RSV1) === 0) return echo.payload.equals(expected);
  const windowBits = Number(/server_max_window_bits=(\d+)/.exec(agreed)?.[1] ?? 15);
  const inflated = inflateRawSync(Buffer.concat([echo.payload, TAIL]), {
    windowBits,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  return inflated.equals(expected);
}

export const compressionAttacks: readonly Attack[] = [
  {
    name: 'negotiation-tricks',
    group: 'compression',
    about: 'offers permessage-deflate with parameters that are invalid, doubled, too many or just allowed',
    // Refusals of its own make those that follow late.
    runsOnce: true,
    async run(attacker) {
      const { host, port } = attacker.target;
      const answers: string[] = [];
      for (const offer of offers) {
        const client = await attacker.connect();
        const agreed = await agree(client, offer, `${host}:${port}`);
        if (agreed === undefined) answers.push('refused');
        else if (!(await echoes(client, agreed))) return failed(`no echo after ${offer.slice(0, 80)}`);
        else answers.push(agreed === '' ? 'no extension' : 'agreed');
        client.socket.destroy();
      }
      return held(tally(answers.toSorted()));
    },
  },
  {
    name: 'final-blocks',
    group: 'compression',
    about:
      'sends messages whose last block says that it is the last, empty ones, and more behind the last block',
    async run(attacker) {
      const text = Buffer.from('hello hello hello hello');
      const final = deflateRawSync(text);
      const cases: readonly (readonly [payload: Buffer, expected: Buffer | undefined])[] = [
        // RFC 7692, 7.2.3.4: a block with BFINAL set, and the byte 0 that completes the message behind it.
        [Buffer.concat([final, Buffer.of(0)]), text],
        [final, text],
        [Buffer.of(0), Buffer.alloc(0)],
        [Buffer.of(2, 0), Buffer.alloc(0)],
        [Buffer.concat([final, compress(text)]), undefined],
        [Buffer.concat([final, final]), undefined],
      ];
      const client = await attacker.open(offersDeflate);
      let right = 0;
      for (const [payload, expected] of cases.filter(([, expected]) => expected !== undefined)) {
        client.send({ opcode: 2, reserved: RSV1, payload });
        const echo = await frameOf(client, 2);
        if (echo !== undefined && expected?.equals(echo.payload) === true) right += 1;
      }
      // What is behind a last block is ignored, joined or refused: all are sane, to grow or to stand still is not.
      for (const [payload] of cases.filter(([, expected]) => expected === undefined)) {
        const other = await attacker.open(offersDeflate);
        other.socket.write(
          Buffer.concat([masked({ opcode: 2, reserved: RSV1, payload }), masked({ opcode: 9 })]),
        );
        const pong = await frameOf(other, 10);
        if (pong !== undefined || other.hasEnded) right += 1;
        other.socket.destroy();
      }
      return verdict(right === cases.length, `${right} of ${cases.length} as they should be`);
    },
  },
  {
    name: 'block-bomb',
    group: 'compression',
    about:
      'sends ten messages of 900 KB that hold nothing but blocks: empty ones, stored ones, and last ones',
    async run(attacker) {
      const blocks = [
        Buffer.of(0x03, 0x00),
        Buffer.of(0x02, 0x00),
        Buffer.of(0x00, 0x00, 0x00, 0xff, 0xff),
        Buffer.of(0x01, 0x00, 0x00, 0xff, 0xff),
        Buffer.of(0x01, 0x01, 0x00, 0xfe, 0xff, 0x41),
      ];
      const answers = await Promise.all(
        [...blocks, ...blocks].map(async (block) => {
          const client = await attacker.open(offersDeflate);
          const payload = Buffer.concat(new Array<Buffer>(Math.floor(900_000 / block.length)).fill(block));
          client.socket.write(
            Buffer.concat([masked({ opcode: 2, reserved: RSV1, payload }), masked({ opcode: 9 })]),
          );
          const pong = await frameOf(client, 10);
          if (pong !== undefined) return 'taken';
          return client.hasEnded ? 'refused' : undefined;
        }),
      );
      return verdict(!answers.includes(undefined), tally(answers));
    },
  },
  {
    name: 'context-takeover',
    group: 'compression',
    about: 'sends 2 000 messages that all refer back into those before them',
    victim: { contextTakeover: true },
    async run(attacker) {
      const client = await attacker.open(offersDeflate);
      const deflater = createDeflateRaw();
      const inflater = createInflateRaw();
      const deflated: Buffer[] = [];
      const inflated: Buffer[] = [];
      deflater.on('data', (chunk: Buffer) => deflated.push(chunk));
      inflater.on('data', (chunk: Buffer) => inflated.push(chunk));
      const noise = randomBytes(2_000);
      for (let count = 0; count < 2_000; count += 1) {
        const payload = Buffer.concat([noise, Buffer.from(`message ${count}`)]);
        deflater.write(payload);
        await new Promise<void>((resolve) => deflater.flush(constants.Z_SYNC_FLUSH, () => resolve()));
        client.send({
          opcode: 2,
          reserved: RSV1,
          payload: Buffer.concat(deflated.splice(0)).subarray(0, -4),
        });
        const echo = await frameOf(client, 2);
        if (echo === undefined) return failed(`no echo of message ${count}`);
        let whole = echo.payload;
        if ((echo.reserved & RSV1) !== 0) {
          await new Promise<void>((resolve) => inflater.write(Buffer.concat([whole, TAIL]), () => resolve()));
          whole = Buffer.concat(inflated.splice(0));
        }
        if (!whole.equals(payload)) return failed(`message ${count} came back as another`);
      }
      return held('2 000 echoed');
    },
  },
  {
    name: 'idle-after-compression',
    group: 'compression',
    about: 'leaves 5 000 connections open, each of which sent and got one compressed message',
    needs: 'own-process',
    runsOnce: true,
    victim: { areIdleAllowed: true },
    // 15 KiB for each, sockets and all.
    maxGrowthMiB: 72,
    // Hundreds of handshakes are ready in the same turn, at a hundred at a time, one behind the other.
    maxDelayMs: 50,
    async run(attacker) {
      const message = masked({ opcode: 2, reserved: RSV1, payload: compress(Buffer.alloc(2_048, 'idle')) });
      let echoed = 0;
      for (let round = 0; round < 50; round += 1) {
        const localAddress = round % 2 === 0 ? '127.0.0.4' : '127.0.0.5';
        const clients = await attacker.openMany(100, offersDeflate, { localAddress });
        for (const { socket } of clients) socket.write(message);
        const echoes = await Promise.all(clients.map((client) => frameOf(client, 2)));
        echoed += echoes.filter((echo) => echo !== undefined).length;
      }
      return verdict(echoed === 5_000, `${echoed} of 5 000 echoed`);
    },
  },
  {
    name: 'broken-compression',
    group: 'compression',
    about: 'breaks each rule of RFC 7692',
    run(attacker) {
      const whole = compress(Buffer.from('hello hello hello'));
      return answersTo(
        attacker,
        [
          [masked({ opcode: 2, reserved: RSV1, payload: Buffer.of(0xff, 0xff, 0xff) }), 1007],
          // A distance that goes back to before the first byte.
          [masked({ opcode: 2, reserved: RSV1, payload: Buffer.of(0x02, 0x13, 0x00, 0x00) }), 1007],
          [masked({ opcode: 9, reserved: RSV1, payload: whole }), 1002],
          [
            Buffer.concat([
              masked({ opcode: 2, isFinal: false, reserved: RSV1, payload: whole.subarray(0, 4) }),
              masked({ opcode: 0, reserved: RSV1, payload: whole.subarray(4) }),
            ]),
            1002,
          ],
          [masked({ opcode: 1, reserved: RSV1, payload: compress(Buffer.of(0xff)) }), 1007],
        ],
        offersDeflate,
      );
    },
  },
  {
    name: 'inflate-bomb',
    group: 'compression',
    about: 'sends 20 messages of 200 KiB that inflate to 200 MiB each, and the longest allowed is 1 MiB',
    counter: 'maxMessageBytes',
    async run(attacker) {
      const bomb = masked({ opcode: 2, reserved: RSV1, payload: compress(Buffer.alloc(200 * MiB)) });
      const clients = await attacker.openMany(20, offersDeflate);
      for (const { socket } of clients) socket.write(bomb);
      const codes = await Promise.all(clients.map((client) => closeCodeOf(client)));
      return verdict(
        codes.every((code) => code === 1009),
        tally(codes),
      );
    },
  },
  {
    name: 'inflate-many',
    group: 'compression',
    about: 'sends 100 messages at once that inflate to 8 MiB each, all of them allowed',
    victim: { maxMessageBytes: 8 * MiB },
    needs: 'routes',
    // Four at a time, in slices and then in one piece, are 64 MiB; what was handed over is garbage until it is collected.
    maxGrowthMiB: 224,
    // Four threads inflate at a time, on as many processors as there are.
    maxDelayMs: 50,
    counter: 'maxInflating',
    async run(attacker) {
      const frame = masked({ opcode: 2, reserved: RSV1, payload: compress(Buffer.alloc(8 * MiB)) });
      const clients = await attacker.openMany(100, { path: '/silent', ...offersDeflate });
      // A Pong comes when what was sent before the Ping has been read.
      for (const { socket } of clients) socket.write(Buffer.concat([frame, masked({ opcode: 9 })]));
      const answers = await Promise.all(clients.map((client) => frameOf(client, 10, 30_000)));
      const answered = answers.filter((answer) => answer !== undefined).length;
      return verdict(answered === 100, `${answered} of 100 taken`);
    },
  },
];
