// The closing handshake: every class of code, bodies right and wrong, and what comes after (RFC 6455, 5.5.1, 7).

import type { Case } from '../script/case.ts';
import { closing as close, expect, send, type Unless } from '../script/steps.ts';
import { type Frame, frame } from '../wire/frame.ts';
import { patternOf } from './payloads.ts';
import { illFormed, truncated, wellFormed } from './utf8-sequences.ts';

const section = 'RFC 6455, 7.4';

const goodCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4001, 4999,
];

const answered: Case[] = goodCodes.flatMap((code) => [
  {
    id: `close.code.${code}`,
    section,
    title: `answers a Close with ${code}`,
    play: [close(frame.close(code), code)],
  },
  {
    id: `close.code.${code}-with-reason`,
    section,
    title: `answers a Close with ${code} and a reason`,
    play: [close(frame.close(code, 'going home'), code)],
  },
]);

// 7.4.1: 1010 "is not used by the server, because it can fail the WebSocket handshake instead".
const mandatoryExtension: Case[] = (['server', 'client'] as const).map((tests) => ({
  id: `close.code.1010-to-a-${tests}`,
  section,
  title: 'answers a Close with 1010, which only clients send',
  tests,
  play:
    tests === 'server'
      ? [close(frame.close(1010), 1010)]
      : [send(frame.close(1010)), expect.failure([1010, 1002])],
}));

/** Codes an endpoint must not send. Those that no RFC speaks of yet may be answered. */
const badCodes: readonly [number, Unless][] = [
  [0, {}],
  [1, {}],
  [999, {}],
  [1004, {}],
  [1005, {}],
  [1006, {}],
  [1015, {}],
  [1016, { closes: true }],
  [1100, { closes: true }],
  [2000, { closes: true }],
  [2999, { closes: true }],
  [5000, { closes: true }],
  [9999, { closes: true }],
  [32_768, { closes: true }],
  [65_535, { closes: true }],
];

const refused: Case[] = badCodes.flatMap(([code, unless]) => [
  {
    id: `close.bad-code.${code}`,
    section,
    title: `fails on a Close with ${code}, which must not be sent`,
    play: [send(frame.close(code)), expect.failure(1002, unless)],
  },
  {
    id: `close.bad-code.${code}-with-reason`,
    section,
    title: `fails on a Close with ${code} and a reason`,
    play: [send(frame.close(code, 'going home')), expect.failure(1002, unless)],
  },
]);

const bodies: Case[] = [
  {
    id: 'close.body.empty',
    section: 'RFC 6455, 5.5.1',
    title: 'answers a Close without a body',
    play: [close(frame.close(), undefined)],
  },
  {
    id: 'close.body.one-byte',
    section: 'RFC 6455, 5.5.1',
    title: 'fails on a Close with a body of one byte',
    play: [send(frame.opcode(8, '\x03')), expect.failure(1002)],
  },
  ...[1, 2, 64, 122, 123].map((length) => ({
    id: `close.body.reason-${length}`,
    section: 'RFC 6455, 5.5.1',
    title: `answers a Close with a reason of ${length} bytes`,
    play: [close(frame.close(1000, patternOf(length)), 1000)],
  })),
  ...[124, 125, 1000, 65_534].map((length) => ({
    id: `close.body.reason-${length}`,
    section: 'RFC 6455, 5.5',
    title: `fails on a Close with a reason of ${length} bytes`,
    play: [send(frame.close(1000, patternOf(length))), expect.failure(1002)],
  })),
  ...[3, 7].map((bytesEach) => ({
    id: `close.body.writes-of-${bytesEach}`,
    section: 'RFC 6455, 5.5.1',
    title: `answers a Close that arrives ${bytesEach} bytes at a time`,
    play: [send.chopped(bytesEach, frame.close(3000, 'in pieces')), expect.closed(3000)],
  })),
];

const goodReasons: Case[] = wellFormed.map(({ name, hex }) => ({
  id: `close.reason.${name}`,
  section: 'RFC 6455, 5.5.1',
  title: `answers a Close whose reason is ${name}`,
  play: [close(frame.close(1000, Buffer.from(hex, 'hex')), 1000)],
}));

const badReasons: Case[] = [...illFormed, ...truncated].map(({ name, hex }) => ({
  id: `close.bad-reason.${name}`,
  section: 'RFC 6455, 8.1',
  title: `fails on a Close whose reason is ${hex}, which is not UTF-8`,
  play: [send(frame.close(1000, Buffer.from(hex, 'hex'))), expect.failure([1007, 1002])],
}));

const afterClose: readonly [string, Frame[]][] = [
  ['text', [frame.text('too late')]],
  ['ping', [frame.ping('too late')]],
  ['pong', [frame.pong('too late')]],
  ['second-close', [frame.close(1001)]],
  ['bad-opcode', [frame.opcode(3)]],
  ['bad-utf8', [frame.text(Buffer.from([0xff]))]],
  ['fragments', [frame.text('too ').more(), frame.continuation('late')]],
  ['64-KiB', [frame.binary(patternOf(65_536))]],
];

const ignored: Case[] = afterClose.map(([name, frames]) => ({
  id: `close.after.${name}`,
  section: 'RFC 6455, 5.5.1',
  title: `ignores what follows a Close in the same segment (${name})`,
  play: [send(frame.close(1000), ...frames), expect.closed(1000)],
}));

const order: Case[] = [
  {
    id: 'close.order.after-a-message',
    section: 'RFC 6455, 5.5.1',
    title: 'echoes a message that came before the Close in the same segment (losing it is acceptable)',
    play: [
      send(frame.text('last words'), frame.close(1000)),
      expect.perhapsText('last words'),
      expect.closed(1000),
    ],
  },
  {
    id: 'close.order.after-a-ping',
    section: 'RFC 6455, 5.5.2',
    title: 'answers a Ping that came before the Close in the same segment',
    play: [send(frame.ping('last'), frame.close(1000)), expect.perhapsPong('last'), expect.closed(1000)],
  },
  {
    id: 'close.order.inside-a-message',
    section: 'RFC 6455, 5.5.1',
    title: 'answers a Close inside a fragmented message',
    play: [send(frame.text('unfinished').more(), frame.close(1000)), expect.closed(1000)],
  },
  {
    id: 'close.order.half-closed',
    section: 'RFC 6455, 7.1.1',
    title: 'ends the connection when a Close and the end of TCP arrive together',
    play: [send(frame.close(1000)), send.end(), expect.ended()],
  },
];

export const closings: readonly Case[] = [
  ...answered,
  ...mandatoryExtension,
  ...refused,
  ...bodies,
  ...goodReasons,
  ...badReasons,
  ...ignored,
  ...order,
];
