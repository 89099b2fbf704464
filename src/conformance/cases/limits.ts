// Abuse: lying lengths, tiny fragments, floods, slow senders, stalled readers and half-closed connections (RFC 6455, 10.4).

import type { Case } from '../script/case.ts';
import { expect, type Step, send, stopReading } from '../script/steps.ts';
import { frame } from '../wire/frame.ts';
import { noiseOf, patternOf } from './payloads.ts';

const section = 'RFC 6455, 10.4';
const MiB = 1024 * 1024;

/** Lengths around the edges of 32-bit, 53-bit and 63-bit integers; far beyond any sensible limit, but legal. */
const lies: readonly [string, bigint][] = [
  ['2-31-minus-1', 2n ** 31n - 1n],
  ['2-31', 2n ** 31n],
  ['2-31-plus-1', 2n ** 31n + 1n],
  ['2-32-minus-1', 2n ** 32n - 1n],
  ['2-32', 2n ** 32n],
  ['2-32-plus-5', 2n ** 32n + 5n],
  ['2-40', 2n ** 40n],
  ['2-53-minus-1', 2n ** 53n - 1n],
  ['2-53', 2n ** 53n],
  ['2-53-plus-1', 2n ** 53n + 1n],
  ['2-63-minus-1', 2n ** 63n - 1n],
];

const tooLong: Case[] = lies.flatMap(([name, length]) =>
  (['text', 'binary'] as const).map((kind) => ({
    id: `limits.lying-length.${kind}-${name}`,
    section,
    title: `refuses a ${kind} frame of ${length} bytes by its header alone (waiting for them is acceptable)`,
    play: [
      send(frame[kind]('only these').declaring(length).lengthIn(64)),
      expect.failure(1009, { waits: true }),
    ],
  })),
);

// 5.2: of the 64-bit length "the most significant bit MUST be 0".
const impossible: Case[] = (
  [
    ['2-63', 2n ** 63n],
    ['2-63-plus-5', 2n ** 63n + 5n],
    ['2-64-minus-1', 2n ** 64n - 1n],
  ] as const
).flatMap(([name, length]) =>
  (['text', 'binary', 'continuation'] as const).map((kind) => ({
    id: `limits.impossible-length.${kind}-${name}`,
    section: 'RFC 6455, 5.2',
    title: `fails on a ${kind} frame of ${length} bytes, whose most significant bit is not 0`,
    play: [
      send(
        ...(kind === 'continuation' ? [frame.text('Hel').more()] : []),
        frame[kind]('only these').declaring(length).lengthIn(64),
      ),
      expect.failure([1002, 1009], { waits: false }),
    ],
  })),
);

const fragmentsTogether: Case[] = [
  {
    id: 'limits.sum.1-GiB-by-a-second-header',
    section,
    title: 'refuses a second fragment that announces 1 GiB (waiting is acceptable)',
    play: [
      send(frame.binary(patternOf(1000)).more(), frame.continuation('x').declaring(2 ** 30)),
      expect.failure(1009, { waits: true }),
    ],
  },
  {
    id: 'limits.sum.128-MiB-in-fragments',
    section,
    title: 'refuses a message of 128 MiB in fragments of 1 MiB while it grows (echoing it is acceptable)',
    heavy: true,
    deadlineMs: 20_000,
    play: [
      send(frame.binary(patternOf(MiB)).more()),
      ...Array<Step>(126).fill(send(frame.continuation(patternOf(MiB)).more())),
      send(frame.continuation(patternOf(MiB))),
      expect.failure([1009, 1008], { echoes: true }),
    ],
  },
];

const tiny: Case[] = [
  {
    id: 'limits.tiny-fragments.10000',
    section,
    title: 'joins 10 000 fragments of one byte, or names its limit',
    play: [send(frame.text(patternOf(10_000)).inFragments(1)), expect.textOrLimit(patternOf(10_000))],
  },
  {
    id: 'limits.tiny-fragments.200000',
    section,
    title: 'joins 200 000 fragments of one byte, or names its limit',
    heavy: true,
    deadlineMs: 20_000,
    play: [send(frame.binary(patternOf(200_000)).inFragments(1)), expect.binaryOrLimit(patternOf(200_000))],
  },
  {
    id: 'limits.tiny-fragments.100000-empty',
    section,
    title: 'overlooks 100 000 empty fragments, or names its limit',
    heavy: true,
    deadlineMs: 20_000,
    play: [
      send(frame.text('Hel').more()),
      send(...Array<ReturnType<typeof frame.text>>(100_000).fill(frame.continuation().more())),
      send(frame.continuation('lo')),
      expect.textOrLimit('Hello'),
    ],
  },
];

const floods: Case[] = [
  {
    id: 'limits.flood.10000-pings',
    section: 'RFC 6455, 5.5.3',
    title: 'answers 10 000 Pings at once, or only the latest, or names its limit',
    heavy: true,
    deadlineMs: 20_000,
    play: [
      send(...Array.from({ length: 10_000 }, (_, index) => frame.ping(`${index}`))),
      expect.pongsOfFlood(Array.from({ length: 10_000 }, (_, index) => `${index}`)),
    ],
  },
  {
    id: 'limits.flood.10000-pongs',
    section: 'RFC 6455, 5.5.3',
    title: 'overlooks 10 000 Pongs nobody asked for',
    play: [
      send(
        ...Array<ReturnType<typeof frame.pong>>(10_000).fill(frame.pong(patternOf(100))),
        frame.ping('after'),
      ),
      expect.pong('after'),
    ],
  },
  {
    id: 'limits.flood.10000-empty-messages',
    section,
    title: 'echoes 10 000 empty messages',
    heavy: true,
    deadlineMs: 20_000,
    play: [
      send(...Array<ReturnType<typeof frame.text>>(10_000).fill(frame.text())),
      expect.texts(10_000, ''),
    ],
  },
  {
    id: 'limits.flood.stalled-reader',
    section,
    title: 'meets a reader that stalls while 16 MiB are echoed: nothing is lost, or the connection ends',
    heavy: true,
    deadlineMs: 20_000,
    play: [stopReading(16 * MiB), expect.binariesOrEnd(256, Buffer.alloc(64 * 1024, 'x'))],
  },
];

const slow: Case[] = [
  {
    id: 'limits.slow.message',
    section: 'RFC 6455, 5.2',
    title: 'waits for a message that dribbles in for a second and a half, byte by byte',
    play: [
      send.slowly(1, 50, frame.text('slow but steady, at last')),
      expect.text('slow but steady, at last'),
    ],
  },
  {
    id: 'limits.slow.header',
    section: 'RFC 6455, 5.2',
    title: 'waits for a header of 14 bytes that dribbles in for a second and a half',
    play: [
      send.slowly(1, 100, frame.ping('in the header')),
      expect.pong('in the header'),
      send.cutAt([1, 2, 3, 5, 8, 11, 13], frame.binary(noiseOf(65_536))),
      expect.binary(noiseOf(65_536)),
    ],
  },
  {
    id: 'limits.slow.fragments',
    section: 'RFC 6455, 5.4',
    title: 'answers Pings while a message dribbles in, a fragment of one byte each',
    play: [
      send(frame.text('0').more()),
      ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((digit) => [
        send.slowly(2, 20, frame.continuation(`${digit}`).more(), frame.ping(`${digit}`)),
        expect.pong(`${digit}`),
      ]),
      send(frame.continuation('9')),
      expect.text('0123456789'),
    ],
  },
  {
    id: 'limits.slow.close',
    section: 'RFC 6455, 5.5.1',
    title: 'answers a Close that dribbles in byte by byte',
    play: [send.slowly(1, 50, frame.close(1000, 'slowly')), expect.closed(1000)],
  },
];

const halfClosed: Case[] = [
  {
    id: 'limits.half-closed.idle',
    section: 'RFC 6455, 7.1.1',
    title: 'ends its side when the other side of TCP ends without a Close',
    play: [send.end(), expect.ended()],
  },
  {
    id: 'limits.half-closed.after-a-message',
    section: 'RFC 6455, 7.1.1',
    title: 'ends its side when the other side ends right after a message',
    play: [send(frame.text('Hello')), send.end(), expect.ended()],
  },
  {
    id: 'limits.half-closed.within-a-header',
    section: 'RFC 6455, 7.1.1',
    title: 'ends its side when the other side ends within a header',
    play: [send.bytes('81'), send.end(), expect.endedSilently()],
  },
  {
    id: 'limits.half-closed.within-a-frame',
    section: 'RFC 6455, 7.1.1',
    title: 'ends its side when the other side ends within a frame, and delivers nothing of it',
    play: [send(frame.text('Hello').declaring(100)), send.end(), expect.endedSilently()],
  },
  {
    id: 'limits.half-closed.within-a-message',
    section: 'RFC 6455, 7.1.1',
    title: 'ends its side when the other side ends between two fragments, and delivers nothing of them',
    play: [send(frame.text('Hel').more()), send.end(), expect.endedSilently()],
  },
];

export const limits: readonly Case[] = [
  ...tooLong,
  ...impossible,
  ...fragmentsTogether,
  ...tiny,
  ...floods,
  ...slow,
  ...halfClosed,
];
