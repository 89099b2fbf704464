// Framing: every form of length, masking, reserved bits and opcodes (RFC 6455, 5.2 and 5.3).

import type { Case } from '../script/case.ts';
import { expect, send } from '../script/steps.ts';
import { type Frame, frame } from '../wire/frame.ts';
import { echoOf, patternOf } from './payloads.ts';

const section = 'RFC 6455, 5.2';

/** The edges of the three forms of length: 7, 7 + 16 and 7 + 64 bits. */
const lengths = [
  0, 1, 2, 3, 124, 125, 126, 127, 128, 254, 255, 256, 1023, 1024, 4095, 4096, 16_383, 16_384, 32_767, 32_768,
  65_534, 65_535, 65_536, 65_537, 131_071, 131_072,
];

const echoes: Case[] = lengths.flatMap((length) =>
  (['text', 'binary'] as const).map((kind) => ({
    id: `framing.length.${kind}-${length}`,
    section,
    title: `echoes a ${kind} message of ${length} bytes`,
    play: [send(frame[kind](patternOf(length))), echoOf(kind, patternOf(length))],
  })),
);

/** One length for each form of header, and every place where its bytes can be torn apart. */
const tornHeaders = [
  { bits: 7, length: 5, headerBytes: 6 },
  { bits: 16, length: 300, headerBytes: 8 },
  { bits: 64, length: 70_000, headerBytes: 14 },
].flatMap(({ bits, length, headerBytes }) =>
  Array.from(
    { length: headerBytes },
    (_, index): Case => ({
      id: `framing.torn-header.${bits}-bits-after-${index + 1}`,
      section,
      title: `reads a header with a ${bits}-bit length that is torn after byte ${index + 1}`,
      play: [send.cutAt([index + 1], frame.text(patternOf(length))), expect.text(patternOf(length))],
    }),
  ),
);

const chopped: Case[] = [0, 1, 125, 126, 127, 1000].map((length) => ({
  id: `framing.byte-by-byte.${length}`,
  section,
  title: `reads a message of ${length} bytes that arrives byte by byte`,
  play: [send.chopped(1, frame.text(patternOf(length))), expect.text(patternOf(length))],
}));

const together: Case[] = [2, 3, 10, 100, 1000].map((count) => ({
  id: `framing.together.${count}-messages`,
  section,
  title: `reads ${count} messages that arrive in one segment, and keeps their order`,
  play: [
    send(...Array.from({ length: count }, (_, index) => frame.text(`message ${index}`))),
    ...Array.from({ length: count }, (_, index) => expect.text(`message ${index}`)),
  ],
}));

const straddling: Case[] = [1, 7, 64, 1000].map((size) => ({
  id: `framing.straddling.${size}-byte-writes`,
  section,
  title: `reads frames whose bounds never meet those of the writes, of ${size} bytes each`,
  play: [
    send.chopped(
      size,
      frame.text('first'),
      frame.binary(patternOf(300)),
      frame.ping('p'),
      frame.text('last'),
    ),
    expect.together(
      expect.text('first'),
      expect.binary(patternOf(300)),
      expect.pong('p'),
      expect.text('last'),
    ),
  ],
}));

// "the minimal number of bytes MUST be used to encode the length" binds the sender; a receiver may overlook it.
const notMinimal: Case[] = [
  { bits: 16, lengths: [0, 1, 125] },
  { bits: 64, lengths: [0, 1, 125, 126, 65_535] },
].flatMap(({ bits, lengths: short }) =>
  short.map((length) => ({
    id: `framing.not-minimal.${length}-in-${bits}-bits`,
    section,
    title: `fails on a length of ${length} written in ${bits} bits (a lenient receiver is acceptable)`,
    play: [
      send(frame.binary(patternOf(length)).lengthIn(bits as 16 | 64)),
      expect.failure(1002, { echoes: true }),
    ],
  })),
);

const notMinimalPing: Case[] = ([16, 64] as const).map((bits) => ({
  id: `framing.not-minimal.ping-in-${bits}-bits`,
  section: 'RFC 6455, 5.5',
  title: `fails on a Ping of 4 bytes whose length is written in ${bits} bits (a lenient receiver is acceptable)`,
  play: [send(frame.ping('ping').lengthIn(bits)), expect.failure(1002, { echoes: true })],
}));

const opcodesByName: readonly [string, Frame][] = [
  ['text', frame.text('Hello')],
  ['empty-text', frame.text()],
  ['binary', frame.binary('Hello')],
  ['first-fragment', frame.text('Hel').more()],
  ['ping', frame.ping('Hello')],
  ['empty-ping', frame.ping()],
  ['pong', frame.pong('Hello')],
  ['close', frame.close(1000)],
];

const wronglyMasked: Case[] = opcodesByName.map(([name, each]) => ({
  id: `framing.masking.wrong-${name}`,
  section: 'RFC 6455, 5.1',
  title: `fails on a ${name} frame that is unmasked from a client, or masked from a server`,
  play: [send(each.wronglyMasked()), expect.failure(1002)],
}));

const wronglyMaskedLater: Case = {
  id: 'framing.masking.wrong-continuation',
  section: 'RFC 6455, 5.1',
  title: 'fails when only the last fragment of a message is masked wrongly',
  play: [send(frame.text('Hel').more(), frame.continuation('lo').wronglyMasked()), expect.failure(1002)],
};

const keys = ['00000000', 'ffffffff', '00ff00ff', '80000000', '00000001', '37fa213d', '0d0a0d0a', '81858185'];

const maskingKeys: Case[] = keys.flatMap((key) =>
  [1, 2, 3, 4, 5, 7, 8, 9, 31, 1401].map((length) => ({
    id: `framing.masking.key-${key}-${length}`,
    section: 'RFC 6455, 5.3',
    title: `unmasks ${length} bytes with the key ${key}`,
    tests: 'server' as const,
    play: [send(frame.binary(patternOf(length)).withKey(key)), expect.binary(patternOf(length))],
  })),
);

const reservedBits: Case[] = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => {
  const bits = rsv.toString(2).padStart(3, '0');
  const cases = opcodesByName.map(([name, each]) => ({
    id: `framing.reserved-bits.${bits}-on-${name}`,
    section,
    title: `fails on a ${name} frame with the reserved bits ${bits} that no extension defines`,
    play: [send(each.rsv(rsv)), expect.failure(1002)],
  }));
  const later = {
    id: `framing.reserved-bits.${bits}-on-continuation`,
    section,
    title: `fails on a continuation frame with the reserved bits ${bits}`,
    play: [send(frame.text('Hel').more(), frame.continuation('lo').rsv(rsv)), expect.failure(1002)],
  };
  const afterMessage = {
    id: `framing.reserved-bits.${bits}-after-a-message`,
    section,
    title: `echoes a good message, then fails on one with the reserved bits ${bits}`,
    play: [
      send(frame.text('good')),
      expect.text('good'),
      send(frame.text('bad').rsv(rsv)),
      expect.failure(1002),
    ],
  };
  return [...cases, later, afterMessage];
});

const reservedOpcodes: Case[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => {
  const forms: readonly [string, string, Frame[]][] = [
    ['empty', 'an empty frame', [frame.opcode(opcode)]],
    ['payload', 'a frame of 5 bytes', [frame.opcode(opcode, 'Hello')]],
    ['fragment', 'an unfinished frame', [frame.opcode(opcode, 'Hel').more()]],
    ['long', 'a frame of 126 bytes', [frame.opcode(opcode, patternOf(126))]],
    ['inside', 'a frame inside a fragmented message', [frame.text('Hel').more(), frame.opcode(opcode)]],
  ];
  return forms.map(([name, words, frames]) => ({
    id: `framing.opcode.${opcode}-${name}`,
    section,
    title: `fails on ${words} with the reserved opcode ${opcode}`,
    play: [send(...frames), expect.failure(1002)],
  }));
});

const reservedAtOnce: Case[] = [3, 11].map((opcode) => ({
  id: `framing.opcode.${opcode}-at-once`,
  section,
  title: `fails on the reserved opcode ${opcode} without waiting for the payload it announces`,
  play: [send(frame.opcode(opcode).declaring(100)), expect.failure(1002, { later: Buffer.alloc(100) })],
}));

export const framing: readonly Case[] = [
  ...echoes,
  ...tornHeaders,
  ...chopped,
  ...together,
  ...straddling,
  ...notMinimal,
  ...notMinimalPing,
  ...wronglyMasked,
  wronglyMaskedLater,
  ...maskingKeys,
  ...reservedBits,
  ...reservedOpcodes,
  ...reservedAtOnce,
];
