// Ping and Pong, and control frames in general (RFC 6455, 5.5).

import type { Case } from '../script/case.ts';
import { expect, send } from '../script/steps.ts';
import { type Frame, frame } from '../wire/frame.ts';
import { patternOf } from './payloads.ts';

const payloads: readonly [string, Buffer][] = [
  ['empty', Buffer.alloc(0)],
  ['1-byte', Buffer.from('x')],
  ['text', Buffer.from('Hello')],
  ['not-utf8', Buffer.from('00fffefdfcfb00ff', 'hex')],
  ['zeros', Buffer.alloc(16)],
  ['124-bytes', patternOf(124)],
  ['125-bytes', patternOf(125)],
];

const answered: Case[] = payloads.flatMap(([name, payload]) => [
  {
    id: `ping.answered.${name}`,
    section: 'RFC 6455, 5.5.3',
    title: `answers a Ping (${name}) by a Pong with the same payload`,
    play: [send(frame.ping(payload)), expect.pong(payload)],
  },
  {
    id: `ping.byte-by-byte.${name}`,
    section: 'RFC 6455, 5.5.2',
    title: `answers a Ping (${name}) that arrives byte by byte`,
    play: [send.chopped(1, frame.ping(payload)), expect.pong(payload)],
  },
  {
    id: `ping.unsolicited-pong.${name}`,
    section: 'RFC 6455, 5.5.3',
    title: `does not answer a Pong (${name}) that nobody asked for`,
    play: [send(frame.pong(payload), frame.ping('after')), expect.pong('after')],
  },
]);

const tooLong: Case[] = [126, 127, 1000, 65_535, 65_536].flatMap((length) =>
  (['ping', 'pong'] as const).flatMap((kind) => [
    {
      id: `ping.too-long.${kind}-${length}`,
      section: 'RFC 6455, 5.5',
      title: `fails on a ${kind} of ${length} bytes; control frames have 125 at most`,
      play: [send(frame[kind](patternOf(length))), expect.failure(1002)],
    },
    {
      id: `ping.too-long.${kind}-${length}-header`,
      section: 'RFC 6455, 5.5',
      title: `fails on a ${kind} that announces ${length} bytes, by its header alone`,
      play: [send(frame[kind]().declaring(length)), expect.failure(1002, { later: Buffer.alloc(length) })],
    },
  ]),
);

const controls: readonly [string, Frame][] = [
  ['ping', frame.ping('Hel')],
  ['empty-ping', frame.ping()],
  ['pong', frame.pong('Hel')],
  ['close', frame.close(1000)],
];

const fragmented: Case[] = controls.flatMap(([name, each]) => [
  {
    id: `ping.fragmented.${name}`,
    section: 'RFC 6455, 5.5',
    title: `fails on a ${name} frame with FIN = 0`,
    play: [send(each.more()), expect.failure(1002)],
  },
  {
    id: `ping.fragmented.${name}-and-continuation`,
    section: 'RFC 6455, 5.5',
    title: `fails on a ${name} frame in two fragments`,
    play: [send(each.more(), frame.continuation('lo')), expect.failure(1002)],
  },
  {
    id: `ping.fragmented.${name}-inside-a-message`,
    section: 'RFC 6455, 5.5',
    title: `fails on a ${name} frame with FIN = 0 inside a fragmented message`,
    play: [send(frame.text('Hel').more(), each.more()), expect.failure(1002)],
  },
]);

const many: Case[] = [2, 10, 100, 1000].flatMap((count) => {
  const data = Array.from({ length: count }, (_, index) => `ping ${index}`);
  const frames = data.map((text) => frame.ping(text));
  const chop = count < 1000 ? 7 : 61;
  const expected = count < 100 ? expect.pongs(data) : expect.pongsOfFlood(data);
  return [
    {
      id: `ping.many.${count}-together`,
      section: 'RFC 6455, 5.5.3',
      title: `answers ${count} Pings in one segment in order, or only the latest`,
      play: [send(...frames), expected],
    },
    {
      id: `ping.many.${count}-chopped`,
      section: 'RFC 6455, 5.5.3',
      title: `answers ${count} Pings, cut every ${chop} bytes, in order, or only the latest`,
      play: [send.chopped(chop, ...frames), expected],
    },
  ];
});

const amongMessages: Case[] = [
  {
    id: 'ping.among.before-a-message',
    section: 'RFC 6455, 5.5.2',
    title: 'answers a Ping that comes with a message in one segment',
    play: [
      send(frame.ping('p'), frame.text('Hello')),
      expect.together(expect.pong('p'), expect.text('Hello')),
    ],
  },
  {
    id: 'ping.among.in-turn',
    section: 'RFC 6455, 5.5.2',
    title: 'answers Pings between messages, one after the other',
    play: [1, 2, 3, 4, 5].flatMap((turn) => [
      send(frame.ping(`ping ${turn}`)),
      expect.pong(`ping ${turn}`),
      send(frame.text(`text ${turn}`)),
      expect.text(`text ${turn}`),
    ]),
  },
  {
    id: 'ping.among.large-payload',
    section: 'RFC 6455, 5.5.2',
    title: 'answers a Ping that follows a message of 1 MiB',
    heavy: true,
    play: [
      send(frame.binary(patternOf(1 << 20)), frame.ping('p')),
      expect.together(expect.binary(patternOf(1 << 20)), expect.pong('p')),
    ],
  },
];

export const pings: readonly Case[] = [...answered, ...tooLong, ...fragmented, ...many, ...amongMessages];
