// UTF-8 in text messages: every class of sequence, split everywhere (RFC 6455, 5.6 and 8.1).

import type { Case } from '../script/case.ts';
import { expect, send } from '../script/steps.ts';
import { frame } from '../wire/frame.ts';
import { patternOf } from './payloads.ts';
import { illFormed, truncated, wellFormed } from './utf8-sequences.ts';

const section = 'RFC 6455, 8.1';
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');

const valid: Case[] = wellFormed.flatMap(({ name, hex }) => {
  const text = Buffer.concat([Buffer.from('<'), bytesOf(hex), Buffer.from('>')]);
  const splits = Array.from({ length: bytesOf(hex).length - 1 }, (_, index) => index + 2);
  return [
    {
      id: `utf8.valid.${name}`,
      section,
      title: `echoes ${name}`,
      play: [send(frame.text(text)), expect.text(text)],
    },
    {
      id: `utf8.valid.${name}-alone`,
      section,
      title: `echoes ${name} as a whole message`,
      play: [send(frame.text(bytesOf(hex))), expect.text(bytesOf(hex))],
    },
    ...splits.map((at) => ({
      id: `utf8.valid.${name}-split-after-${at - 1}`,
      section,
      title: `echoes ${name} torn by a fragment's end after its byte ${at - 1}`,
      play: [
        send(frame.text(text.subarray(0, at)).more(), frame.continuation(text.subarray(at))),
        expect.text(text),
      ],
    })),
    {
      id: `utf8.valid.${name}-bytewise`,
      section,
      title: `echoes ${name} with every byte in a frame of its own`,
      play: [send(frame.text(text).inFragments(1)), expect.text(text)],
    },
    {
      id: `utf8.valid.${name}-at-chunk-end`,
      section,
      title: `echoes ${name} across the bound of two writes, deep in a long frame`,
      play: [
        send.cutAt([1014 + 4], frame.text(Buffer.concat([patternOf(1009), text, patternOf(1000)]))),
        expect.text(Buffer.concat([patternOf(1009), text, patternOf(1000)])),
      ],
    },
  ];
});

const invalid: Case[] = [...illFormed, ...truncated].flatMap(({ name, hex }) => {
  const bytes = bytesOf(hex);
  const inText = Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]);
  const deep = Buffer.concat([patternOf(4000), bytes, patternOf(200)]);
  return [
    {
      id: `utf8.invalid.${name}`,
      section,
      title: `fails on a text that is ${hex}`,
      play: [send(frame.text(bytes)), expect.failure(1007)],
    },
    {
      id: `utf8.invalid.${name}-in-text`,
      section,
      title: `fails on a text with ${hex} in it`,
      play: [send(frame.text(inText)), expect.failure(1007)],
    },
    {
      id: `utf8.invalid.${name}-deep`,
      section,
      title: `fails on a text with ${hex} after 4 000 good bytes`,
      play: [send(frame.text(deep)), expect.failure(1007)],
    },
    {
      id: `utf8.invalid.${name}-bytewise`,
      section,
      title: `fails on ${hex} with every byte in a frame of its own`,
      play: [send(frame.text(inText).inFragments(1)), expect.failure(1007)],
    },
  ];
});

// The RFC does not say when a stream must be found invalid; failing at once is what protects, so late is acceptable.
const failFast: Case[] = illFormed.flatMap(({ name, hex }) => {
  const start = Buffer.concat([Buffer.from('before '), bytesOf(hex)]);
  const rest = Buffer.from(' after');
  return [
    {
      id: `utf8.fail-fast.${name}-fragment`,
      section,
      title: `fails on ${hex} in the first fragment, without waiting for the next`,
      play: [send(frame.text(start).more()), expect.failure(1007, { later: [frame.continuation(rest)] })],
    },
  ];
});

const failFastInFrame: Case[] = ['ff', 'c0af', 'eda080', 'f4908080', 'c241'].map((hex) => {
  const start = Buffer.concat([Buffer.from('before '), bytesOf(hex)]);
  const rest = Buffer.alloc(100, 'x');
  return {
    id: `utf8.fail-fast.${hex}-within-a-frame`,
    section,
    title: `fails on ${hex} within a frame, without waiting for the frame's end`,
    tests: 'server' as const,
    play: [
      // Masked with zeros, so that the rest may follow as it is.
      send(
        frame
          .text(start)
          .declaring(start.length + rest.length)
          .withKey('00000000'),
      ),
      expect.failure(1007, { later: rest }),
    ],
  };
});

const splitInvalid: Case[] = illFormed
  .filter(({ hex }) => hex.length > 2)
  .flatMap(({ name, hex }) =>
    Array.from({ length: hex.length / 2 - 1 }, (_, index) => index + 1).map((at) => ({
      id: `utf8.invalid-split.${name}-after-${at}`,
      section,
      title: `fails on ${hex} torn by a fragment's end after byte ${at}`,
      play: [
        send(frame.text(bytesOf(hex).subarray(0, at)).more(), frame.continuation(bytesOf(hex).subarray(at))),
        expect.failure(1007),
      ],
    })),
  );

const truncatedByEmptyEnd: Case[] = truncated.map(({ name, hex }) => ({
  id: `utf8.truncated.${name}-empty-end`,
  section,
  title: `fails when a message that stops inside ${hex} is ended by an empty fragment`,
  play: [send(frame.text(bytesOf(hex)).more(), frame.continuation()), expect.failure(1007)],
}));

const notCarriedOver: Case[] = truncated.map(({ name, hex }) => {
  const full = wellFormed.find((each) => each.hex.startsWith(hex) && each.hex !== hex);
  const rest = full ? full.hex.slice(hex.length) : '80';
  return {
    id: `utf8.truncated.${name}-not-carried-over`,
    section,
    title: `does not let the next message complete ${hex}`,
    play: [send(frame.text(bytesOf(hex)), frame.text(bytesOf(rest))), expect.failure(1007)],
  };
});

const binaryIsFree: Case[] = [...illFormed, ...truncated].map(({ name, hex }) => ({
  id: `utf8.binary.${name}`,
  section: 'RFC 6455, 5.6',
  title: `echoes a binary message of ${hex} as it is`,
  play: [send(frame.binary(bytesOf(hex))), expect.binary(bytesOf(hex))],
}));

const pingBetween: Case[] = wellFormed
  .filter(({ hex }) => hex.length > 4)
  .map(({ name, hex }) => ({
    id: `utf8.ping-between.${name}`,
    section: 'RFC 6455, 5.4',
    title: `answers a Ping that tears ${name}, and joins it again`,
    play: [
      send(
        frame.text(bytesOf(hex).subarray(0, 1)).more(),
        frame.ping('ÿ'),
        frame.continuation(bytesOf(hex).subarray(1)),
      ),
      expect.together(expect.pong('ÿ'), expect.text(bytesOf(hex))),
    ],
  }));

const scripts = 'Κόσμε · мир · 世界 · こんにちは · שלום · مرحبا · 🌊🇪🇺👩‍👩‍👧‍👦 · a\u0301\u0000';
const longMixed = Buffer.from(scripts.repeat(60));

const mixed: Case[] = [
  {
    id: 'utf8.mixed.whole',
    section,
    title: 'echoes text of many scripts',
    play: [send(frame.text(scripts)), expect.text(scripts)],
  },
  ...[1, 2, 3, 7, 1000].map((each) => ({
    id: `utf8.mixed.fragments-of-${each}`,
    section,
    title: `echoes ${longMixed.length} bytes of many scripts in fragments of ${each}`,
    play: [send(frame.text(longMixed).inFragments(each)), expect.text(longMixed)],
  })),
  ...[509, 1021, 4093].map((each) => ({
    id: `utf8.mixed.writes-of-${each}`,
    section,
    title: `echoes ${longMixed.length} bytes of many scripts in writes of ${each} bytes`,
    play: [send.chopped(each, frame.text(longMixed)), expect.text(longMixed)],
  })),
];

export const utf8: readonly Case[] = [
  ...valid,
  ...mixed,
  ...invalid,
  ...splitInvalid,
  ...failFast,
  ...failFastInFrame,
  ...truncatedByEmptyEnd,
  ...notCarriedOver,
  ...pingBetween,
  ...binaryIsFree,
];
