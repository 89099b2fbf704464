// Compressed messages: blocks of every kind, fragments, reserved bits, errors and bombs (RFC 7692, 6 and 7.2).

import { constants, deflateRawSync } from 'node:zlib';
import type { Case } from '../script/case.ts';
import { expect, observe, send } from '../script/steps.ts';
import { type Frame, frame } from '../wire/frame.ts';
import { echoOf, jsonOf, noiseOf, patternOf, zerosOf } from './payloads.ts';
import { illFormed, truncated, wellFormed } from './utf8-sequences.ts';

const MiB = 1024 * 1024;
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const rsv1 = 4;

type Draft = Omit<Case, 'section' | 'deflate'> & { readonly section?: string };
const compressedCase = (draft: Draft): Case => ({ section: 'RFC 7692, 7.2', deflate: {}, ...draft });

/** Section 7.2.3 shows these forms of "Hello". */
const examples: readonly [string, string, Frame[]][] = [
  ['one-block', 'one fixed block', [frame.text(bytesOf('f2 48 cd c9 c9 07 00')).rsv(rsv1)]],
  ['stored-block', 'a stored block', [frame.text(bytesOf('00 05 00 fa ff 48 65 6c 6c 6f 00')).rsv(rsv1)]],
  ['final-block', 'a block with BFINAL = 1', [frame.text(bytesOf('f3 48 cd c9 c9 07 00 00')).rsv(rsv1)]],
  ['two-blocks', 'two blocks', [frame.text(bytesOf('f2 48 05 00 00 00 ff ff ca c9 c9 07 00')).rsv(rsv1)]],
  [
    'fragmented',
    'two fragments, RSV1 on the first',
    [frame.text(bytesOf('f2 48 cd')).rsv(rsv1).more(), frame.continuation(bytesOf('c9 c9 07 00'))],
  ],
  [
    'bytewise',
    'a fragment for every byte',
    [frame.text(bytesOf('f2 48 cd c9 c9 07 00')).rsv(rsv1).inFragments(1)],
  ],
  [
    'empty-fragments',
    'empty fragments around it',
    [
      frame.text().rsv(rsv1).more(),
      frame.continuation(bytesOf('f2 48 cd c9 c9 07 00')).more(),
      frame.continuation(),
    ],
  ],
];

const blocks: Case[] = [
  ...examples.map(([name, words, frames]) =>
    compressedCase({
      id: `deflate.block.${name}`,
      section: 'RFC 7692, 7.2.3',
      title: `inflates "Hello" in ${words}`,
      play: [send(...frames), expect.text('Hello')],
    }),
  ),
  compressedCase({
    id: 'deflate.block.final-block-then-another-message',
    section: 'RFC 7692, 7.2.3.4',
    title: 'goes on after a message with BFINAL = 1',
    play: [
      send(frame.text(bytesOf('f3 48 cd c9 c9 07 00 00')).rsv(rsv1)),
      expect.text('Hello'),
      send(frame.text(bytesOf('f2 48 cd c9 c9 07 00')).rsv(rsv1)),
      expect.text('Hello'),
    ],
  }),
  compressedCase({
    id: 'deflate.block.without-compression-level',
    title: 'inflates 70 000 bytes in stored blocks only',
    play: [
      send(frame.text(deflate(patternOf(70_000), { level: 0 })).rsv(rsv1)),
      expect.text(patternOf(70_000)),
    ],
  }),
  ...[1, 6, 9].map((level) =>
    compressedCase({
      id: `deflate.block.level-${level}`,
      title: `inflates what level ${level} of zlib makes of 70 000 bytes`,
      play: [send(frame.text(deflate(jsonOf(70_000), { level })).rsv(rsv1)), expect.text(jsonOf(70_000))],
    }),
  ),
  ...(['Z_FILTERED', 'Z_HUFFMAN_ONLY', 'Z_RLE', 'Z_FIXED'] as const).map((strategy) =>
    compressedCase({
      id: `deflate.block.${strategy.slice(2).toLowerCase().replace('_', '-')}`,
      title: `inflates what the strategy ${strategy} of zlib makes of 10 000 bytes`,
      play: [
        send(frame.text(deflate(jsonOf(10_000), { strategy: constants[strategy] })).rsv(rsv1)),
        expect.text(jsonOf(10_000)),
      ],
    }),
  ),
];

const empties: readonly [string, string][] = [
  ['one-byte', '00'],
  ['fixed-block', '02 00'],
  ['final-block', '03 00 00'],
  ['two-stored-blocks', '00 00 00 ff ff 00'],
];

const emptyMessages: Case[] = (['text', 'binary'] as const).flatMap((kind) =>
  empties.map(([name, hex]) =>
    compressedCase({
      id: `deflate.empty.${kind}-${name}`,
      section: 'RFC 7692, 7.2.3.6',
      title: `inflates ${hex} to an empty ${kind} message`,
      play: [
        send(frame[kind](bytesOf(hex)).rsv(rsv1)),
        echoOf(kind, Buffer.alloc(0)),
        send(frame.text('next').compressed()),
        expect.text('next'),
      ],
    }),
  ),
);

const kinds: readonly [string, (length: number) => Buffer, 'text' | 'binary'][] = [
  ['json', jsonOf, 'text'],
  ['pattern', patternOf, 'text'],
  ['noise', noiseOf, 'binary'],
  ['zeros', zerosOf, 'binary'],
];

const payloads: Case[] = kinds.flatMap(([name, make, kind]) =>
  [1, 10, 125, 126, 127, 1000, 16_384, 32_768, 65_535, 65_536, 300_000, MiB, 4 * MiB, 16 * MiB].map(
    (length) =>
      compressedCase({
        id: `deflate.payload.${name}-${length}`,
        title: `inflates and echoes ${length} bytes of ${name}`,
        heavy: length >= MiB,
        deadlineMs: 20_000,
        play: [
          send(frame[kind](make(length)).compressed()),
          // What does not compress is longer on the wire than the message: just beyond many a limit of 16 MiB.
          name === 'noise' ? expect.binaryOrLimit(make(length)) : echoOf(kind, make(length)),
        ],
      }),
  ),
);

const fragments: Case[] = [1, 2, 7, 64, 125, 126, 1000, 4096].flatMap((each) => [
  compressedCase({
    id: `deflate.fragments.of-${each}`,
    section: 'RFC 7692, 6.1',
    title: `inflates a message of 20 000 bytes whose compressed form comes in fragments of ${each}`,
    play: [send(frame.text(jsonOf(20_000)).compressed().inFragments(each)), expect.text(jsonOf(20_000))],
  }),
  compressedCase({
    id: `deflate.fragments.writes-of-${each}`,
    section: 'RFC 7692, 6.1',
    title: `inflates a message of 20 000 bytes that arrives in writes of ${each}`,
    play: [send.chopped(each, frame.text(jsonOf(20_000)).compressed()), expect.text(jsonOf(20_000))],
  }),
]);

const sequences: Case[] = [
  compressedCase({
    id: 'deflate.sequence.uncompressed',
    section: 'RFC 7692, 6',
    title: 'echoes messages without RSV1 where compression is agreed',
    play: [send(frame.text('plain'), frame.binary('plain')), expect.text('plain'), expect.binary('plain')],
  }),
  compressedCase({
    id: 'deflate.sequence.alternating',
    section: 'RFC 7692, 6',
    title: 'keeps its window across 100 messages of which every other is compressed',
    play: Array.from({ length: 100 }, (_, index) => {
      const text = `message ${index} of a hundred`;
      return [send(index % 2 === 0 ? frame.text(text).compressed() : frame.text(text)), expect.text(text)];
    }).flat(),
  }),
  compressedCase({
    id: 'deflate.sequence.thousand',
    section: 'RFC 7692, 7.1.1',
    title: 'keeps its window over a thousand messages',
    play: [
      send(
        ...Array.from({ length: 1000 }, (_, index) => frame.text(`{"id":${index},"on":true}`).compressed()),
      ),
      ...Array.from({ length: 1000 }, (_, index) => expect.text(`{"id":${index},"on":true}`)),
    ],
  }),
  compressedCase({
    id: 'deflate.sequence.far-reference',
    section: 'RFC 7692, 7.1.1',
    title: 'inflates a message that refers 30 000 bytes back into the one before',
    play: [
      send(frame.binary(noiseOf(30_000)).compressed()),
      expect.binary(noiseOf(30_000)),
      send(frame.binary(noiseOf(30_000)).compressed()),
      expect.binary(noiseOf(30_000)),
    ],
  }),
  compressedCase({
    id: 'deflate.sequence.large-then-small',
    section: 'RFC 6455, 5.4',
    title: 'keeps the order of a large message and the small ones behind it',
    heavy: true,
    play: [
      send(
        frame.text(jsonOf(2 * MiB)).compressed(),
        frame.text('small').compressed(),
        frame.text('plain'),
        frame.binary(noiseOf(200)).compressed(),
      ),
      expect.text(jsonOf(2 * MiB)),
      expect.text('small'),
      expect.text('plain'),
      expect.binary(noiseOf(200)),
    ],
  }),
  compressedCase({
    id: 'deflate.sequence.ping-between-fragments',
    section: 'RFC 6455, 5.4',
    title: 'answers an uncompressed Ping between compressed fragments',
    play: [
      send(frame.text(bytesOf('f2 48 cd')).rsv(rsv1).more(), frame.ping('p')),
      expect.pong('p'),
      send(frame.continuation(bytesOf('c9 c9 07 00'))),
      expect.text('Hello'),
    ],
  }),
  compressedCase({
    id: 'deflate.sequence.close-behind',
    section: 'RFC 6455, 5.5.1',
    title: 'echoes a compressed message that came before the Close (losing it is acceptable)',
    play: [
      send(frame.text('last words').compressed(), frame.close(1000)),
      expect.perhapsText('last words'),
      expect.closed(1000),
    ],
  }),
];

const badBits: readonly [string, string, Frame[]][] = [
  [
    'continuation',
    'RSV1 on a continuation frame',
    [frame.text(bytesOf('f2 48 cd')).rsv(rsv1).more(), frame.continuation(bytesOf('c9 c9 07 00')).rsv(rsv1)],
  ],
  [
    'only-continuation',
    'RSV1 on the second fragment only',
    [frame.text('Hel').more(), frame.continuation('lo').rsv(rsv1)],
  ],
  ['ping', 'RSV1 on a Ping', [frame.ping('Hello').rsv(rsv1)]],
  ['pong', 'RSV1 on a Pong', [frame.pong('Hello').rsv(rsv1)]],
  ['close', 'RSV1 on a Close', [frame.close(1000).rsv(rsv1)]],
  ['rsv2', 'RSV2 on a text', [frame.text('Hello').rsv(2)]],
  ['rsv3', 'RSV3 on a text', [frame.text('Hello').rsv(1)]],
  ['rsv1-rsv2', 'RSV1 and RSV2 on a text', [frame.text(bytesOf('f2 48 cd c9 c9 07 00')).rsv(6)]],
  ['rsv1-rsv3', 'RSV1 and RSV3 on a text', [frame.text(bytesOf('f2 48 cd c9 c9 07 00')).rsv(5)]],
  ['all', 'all three bits on a binary', [frame.binary(bytesOf('f2 48 cd c9 c9 07 00')).rsv(7)]],
];

const reserved: Case[] = badBits.map(([name, words, frames]) =>
  compressedCase({
    id: `deflate.reserved-bits.${name}`,
    section: 'RFC 7692, 6.1',
    title: `fails on ${words}`,
    play: [send(...frames), expect.failure(1002)],
  }),
);

/** No RFC names the code for data that cannot be inflated; these three speak of bad data. */
const badData = [1007, 1002, 1003];
const corrupt: readonly [string, string, string][] = [
  ['reserved-block-type', 'a block of the reserved type 3', '06 00'],
  ['stored-length-mismatch', 'a stored block whose lengths disagree', '00 05 00 00 00 48 65 6c 6c 6f 00'],
  ['distance-before-start', 'a reference to before the first byte', '02 13 00 00'],
  ['bad-code-lengths', 'a dynamic block with impossible code lengths', '04 ff ff ff ff ff ff ff ff'],
  ['too-many-symbols', 'a dynamic block with more symbols than exist', 'fc ff 00 00 00 00'],
];

const broken: Case[] = corrupt.map(([name, words, hex]) =>
  compressedCase({
    id: `deflate.corrupt.${name}`,
    title: `fails on ${words}`,
    play: [send(frame.binary(bytesOf(hex)).rsv(rsv1)), expect.failure(badData)],
  }),
);

const unclear: Case[] = (
  [
    ['no-bytes', 'RSV1 and no bytes at all', ''],
    ['cut-off', 'a compressed message cut off within a block', 'f2 48 cd'],
    ['after-the-final-block', 'bytes after a final block', 'f3 48 cd c9 c9 07 00 ca c9 c9 07 00'],
    ['not-removed-tail', 'the tail 00 00 ff ff left in place', 'f2 48 cd c9 c9 07 00 00 00 ff ff'],
  ] as const
).map(([name, words, hex]) =>
  compressedCase({
    id: `deflate.unclear.${name}`,
    title: `survives ${words}`,
    informational: true,
    play: [send(frame.binary(bytesOf(hex)).rsv(rsv1)), observe()],
  }),
);

const utf8: Case[] = [
  ...[...illFormed, ...truncated].map(({ name, hex }) =>
    compressedCase({
      id: `deflate.utf8.${name}`,
      section: 'RFC 6455, 8.1',
      title: `fails on a compressed text that inflates to ${hex}`,
      play: [
        send(frame.text(Buffer.concat([Buffer.from('text '), bytesOf(hex)])).compressed()),
        expect.failure(1007),
      ],
    }),
  ),
  ...wellFormed.map(({ name, hex }) =>
    compressedCase({
      id: `deflate.utf8-valid.${name}`,
      section: 'RFC 6455, 8.1',
      title: `echoes ${name}, compressed and fragmented`,
      play: [
        send(
          frame
            .text(bytesOf(hex.repeat(40)))
            .compressed()
            .inFragments(3),
        ),
        expect.text(bytesOf(hex.repeat(40))),
      ],
    }),
  ),
];

/** A piece of zeros, flushed, may be repeated: it refers to nothing before it. */
const zeros = deflateRawSync(Buffer.alloc(MiB), { finishFlush: constants.Z_SYNC_FLUSH });
const bombOf = (megabytes: number) =>
  Buffer.concat([...Array<Buffer>(megabytes).fill(zeros), Buffer.from([0])]);

const bombs: Case[] = [512, 1024].flatMap((megabytes) => [
  compressedCase({
    id: `deflate.bomb.${megabytes}-MiB`,
    section: 'RFC 6455, 10.4',
    title: `fails on ${Math.round((zeros.length * megabytes) / 1024)} KiB that inflate to ${megabytes} MiB, while inflating`,
    heavy: true,
    deadlineMs: 20_000,
    play: [send(frame.binary(bombOf(megabytes)).rsv(rsv1)), expect.failure([1009, 1008], { echoes: true })],
  }),
  compressedCase({
    id: `deflate.bomb.${megabytes}-MiB-in-fragments`,
    section: 'RFC 6455, 10.4',
    title: `fails on fragments of 4 KiB that inflate to ${megabytes} MiB`,
    heavy: true,
    deadlineMs: 20_000,
    play: [
      send(frame.binary(bombOf(megabytes)).rsv(rsv1).inFragments(4096)),
      expect.failure([1009, 1008], { echoes: true }),
    ],
  }),
]);

function deflate(plain: Buffer, options: { level?: number; strategy?: number }): Buffer {
  return deflateRawSync(plain, { ...options, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

export const deflateMessages: readonly Case[] = [
  ...blocks,
  ...emptyMessages,
  ...payloads,
  ...fragments,
  ...sequences,
  ...reserved,
  ...broken,
  ...unclear,
  ...utf8,
  ...bombs,
];
