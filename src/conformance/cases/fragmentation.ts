// Fragmentation: messages in several frames, control frames between them, and fragments out of place (RFC 6455, 5.4).

import type { Case } from '../script/case.ts';
import { closing, expect, send } from '../script/steps.ts';
import { type Frame, frame } from '../wire/frame.ts';
import { echoOf, patternOf } from './payloads.ts';

const section = 'RFC 6455, 5.4';

const whole: Case[] = (['text', 'binary'] as const).flatMap((kind) =>
  [
    { length: 0, each: 1 },
    { length: 2, each: 1 },
    { length: 10, each: 1 },
    { length: 10, each: 3 },
    { length: 250, each: 125 },
    { length: 252, each: 126 },
    { length: 1000, each: 1 },
    { length: 1000, each: 999 },
    { length: 70_000, each: 65_535 },
    { length: 131_072, each: 65_536 },
    { length: 300_000, each: 1000 },
  ].flatMap(({ length, each }) => [
    {
      id: `fragments.${kind}.${length}-by-${each}`,
      section,
      title: `joins a ${kind} message of ${length} bytes in fragments of ${each}`,
      play: [send(frame[kind](patternOf(length)).inFragments(each)), echoOf(kind, patternOf(length))],
    },
    {
      id: `fragments.${kind}.${length}-by-${each}-chopped`,
      section,
      title: `joins a ${kind} message of ${length} bytes in fragments of ${each} that arrive in writes of 1 009 bytes`,
      play: [
        send.chopped(1009, frame[kind](patternOf(length)).inFragments(each)),
        echoOf(kind, patternOf(length)),
      ],
    },
  ]),
);

const emptyPieces: readonly [string, Frame[], string][] = [
  ['first', [frame.text().more(), frame.continuation('Hello')], 'Hello'],
  ['last', [frame.text('Hello').more(), frame.continuation()], 'Hello'],
  ['middle', [frame.text('Hel').more(), frame.continuation().more(), frame.continuation('lo')], 'Hello'],
  ['all', [frame.text().more(), frame.continuation().more(), frame.continuation()], ''],
  [
    'many',
    [frame.text('Hel').more(), ...Array(100).fill(frame.continuation().more()), frame.continuation('lo')],
    'Hello',
  ],
];

const empty: Case[] = emptyPieces.map(([name, frames, text]) => ({
  id: `fragments.empty.${name}`,
  section,
  title: `joins a message with empty fragments (${name})`,
  play: [send(...frames), expect.text(text)],
}));

const outOfPlace: readonly [string, string, Frame[]][] = [
  ['continuation-first', 'a continuation without a message', [frame.continuation('Hello')]],
  [
    'continuation-unfinished',
    'an unfinished continuation without a message',
    [frame.continuation('Hel').more()],
  ],
  ['empty-continuation', 'an empty continuation without a message', [frame.continuation()]],
  ['text-in-text', 'a text message inside a text message', [frame.text('Hel').more(), frame.text('lo')]],
  [
    'binary-in-text',
    'a binary message inside a text message',
    [frame.text('Hel').more(), frame.binary('lo')],
  ],
  [
    'text-in-binary',
    'a text message inside a binary message',
    [frame.binary('Hel').more(), frame.text('lo')],
  ],
  ['unfinished-in-text', 'a second beginning', [frame.text('Hel').more(), frame.text('lo').more()]],
  ['empty-in-text', 'an empty text inside a text message', [frame.text('Hel').more(), frame.text()]],
  [
    'after-ping',
    'a new message after a Ping inside a message',
    [frame.text('Hel').more(), frame.ping(), frame.text('lo')],
  ],
];

const misplaced: Case[] = outOfPlace
  .flatMap(([name, words, frames]) => [
    {
      id: `fragments.misplaced.${name}`,
      section,
      title: `fails on ${words}`,
      play: [send(...frames), expect.perhapsPong(), expect.failure(1002)],
    },
    {
      id: `fragments.misplaced.${name}-after-message`,
      section,
      title: `echoes a fragmented message, then fails on ${words}`,
      play: [
        send(frame.text('good').inFragments(2)),
        expect.text('good'),
        send(...frames),
        expect.perhapsPong(),
        expect.failure(1002),
      ],
    },
  ])
  .map((each) => (each.id.includes('after-ping') ? each : withoutPong(each)));

function withoutPong(each: Case): Case {
  return { ...each, play: each.play.filter(({ type }) => type !== 'pong') };
}

const continuationAfter: Case = {
  id: 'fragments.misplaced.continuation-after-the-end',
  section,
  title: 'echoes a fragmented message, then fails on one fragment more',
  play: [
    send(frame.text('Hello').inFragments(2), frame.continuation('more')),
    expect.perhapsText('Hello'),
    expect.failure(1002),
  ],
};

const controlBetween: Case[] = [
  {
    id: 'fragments.control.ping-between',
    section,
    title: 'answers a Ping between two fragments at once, before the message is complete',
    play: [
      send(frame.text('Hel').more(), frame.ping('p')),
      expect.pong('p'),
      send(frame.continuation('lo')),
      expect.text('Hello'),
    ],
  },
  {
    id: 'fragments.control.pong-between',
    section,
    title: 'overlooks a Pong between two fragments',
    play: [send(frame.text('Hel').more(), frame.pong('p'), frame.continuation('lo')), expect.text('Hello')],
  },
  {
    id: 'fragments.control.ping-between-all',
    section,
    title: 'answers a Ping between every two of ten fragments',
    play: [
      ...Array.from({ length: 9 }, (_, index) => [
        send(
          (index === 0 ? frame.text('0') : frame.continuation(`${index}`)).more(),
          frame.ping(`p${index}`),
        ),
        expect.pong(`p${index}`),
      ]).flat(),
      send(frame.continuation('9')),
      expect.text('0123456789'),
    ],
  },
  {
    id: 'fragments.control.ping-between-together',
    section,
    title: 'answers a Ping between two fragments when all of it arrives in one segment',
    play: [
      send(frame.text('Hel').more(), frame.ping('p'), frame.continuation('lo')),
      expect.together(expect.pong('p'), expect.text('Hello')),
    ],
  },
  {
    id: 'fragments.control.ping-between-chopped',
    section,
    title: 'answers a Ping between two fragments that arrive byte by byte',
    play: [
      send.chopped(1, frame.text('Hel').more(), frame.ping('ping'), frame.continuation('lo')),
      expect.together(expect.pong('ping'), expect.text('Hello')),
    ],
  },
  {
    id: 'fragments.control.ping-of-125-between',
    section,
    title: 'keeps a Ping of 125 bytes apart from the message around it',
    play: [
      send(frame.binary(patternOf(300)).more(), frame.ping(patternOf(125)), frame.continuation('end')),
      expect.together(
        expect.pong(patternOf(125)),
        expect.binary(Buffer.concat([patternOf(300), Buffer.from('end')])),
      ),
    ],
  },
  {
    id: 'fragments.control.close-between',
    section: 'RFC 6455, 5.5.1',
    title: 'answers a Close inside an unfinished message, and echoes nothing of it',
    play: [send(frame.text('Hel').more()), closing(frame.close(1000), 1000)],
  },
];

const inARow: Case[] = [2, 10, 100].map((count) => ({
  id: `fragments.in-a-row.${count}`,
  section,
  title: `joins ${count} fragmented messages, text and binary in turn, in one segment`,
  play: [
    send(
      ...Array.from({ length: count }, (_, index) =>
        (index % 2 === 0 ? frame.text(`text ${index}`) : frame.binary(`binary ${index}`)).inFragments(3),
      ),
    ),
    ...Array.from({ length: count }, (_, index) =>
      index % 2 === 0 ? expect.text(`text ${index}`) : expect.binary(`binary ${index}`),
    ),
  ],
}));

export const fragmentation: readonly Case[] = [
  ...whole,
  ...empty,
  ...misplaced,
  continuationAfter,
  ...controlBetween,
  ...inARow,
];
