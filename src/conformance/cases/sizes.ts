// Sizes up to 16 MiB, in every cut, and long runs of messages (RFC 6455, 5.2 and 5.4).

import type { Case } from '../script/case.ts';
import { expect, send } from '../script/steps.ts';
import { frame } from '../wire/frame.ts';
import { echoOf, noiseOf, patternOf } from './payloads.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const section = 'RFC 6455, 5.2';
const nameOf = (bytes: number) => (bytes < MiB ? `${bytes / KiB}-KiB` : `${bytes / MiB}-MiB`);

const large: Case[] = [256 * KiB, 512 * KiB, MiB, 2 * MiB, 4 * MiB, 8 * MiB, 16 * MiB].flatMap((bytes) =>
  (['text', 'binary'] as const).map((kind) => ({
    id: `size.${kind}.${nameOf(bytes)}`,
    section,
    title: `echoes a ${kind} message of ${nameOf(bytes)}`,
    heavy: true,
    deadlineMs: 20_000,
    play: [send(frame[kind](patternOf(bytes))), echoOf(kind, patternOf(bytes))],
  })),
);

const fragmented: Case[] = [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB].flatMap((each) =>
  (['text', 'binary'] as const).map((kind) => ({
    id: `size.fragmented.${kind}-${each}`,
    section: 'RFC 6455, 5.4',
    title: `echoes a ${kind} message of 4 MiB in fragments of ${each} bytes`,
    heavy: true,
    deadlineMs: 20_000,
    play: [
      send(frame[kind](patternOf(4 * MiB)).inFragments(each)),
      kind === 'text' ? expect.textOrLimit(patternOf(4 * MiB)) : expect.binaryOrLimit(patternOf(4 * MiB)),
    ],
  })),
);

const chopped: Case[] = [64, 509, KiB, 1460, 4093, 16 * KiB, 65_537].map((each) => {
  const bytes = each < KiB ? 256 * KiB : MiB;
  return {
    id: `size.chopped.${each}`,
    section,
    title: `echoes a binary message of ${nameOf(bytes)} that arrives in writes of ${each} bytes`,
    heavy: true,
    deadlineMs: 20_000,
    play: [send.chopped(each, frame.binary(noiseOf(bytes))), expect.binary(noiseOf(bytes))],
  };
});

const runs: Case[] = [0, 16, 64, 125, 126, 256, KiB, 4 * KiB, 16 * KiB].flatMap((bytes) =>
  (['text', 'binary'] as const).map((kind) => ({
    id: `size.run.${kind}-${bytes}`,
    section,
    title: `echoes 500 ${kind} messages of ${bytes} bytes sent at once`,
    heavy: bytes > KiB,
    deadlineMs: 20_000,
    play: [
      send(...Array<ReturnType<typeof frame.text>>(500).fill(frame[kind](patternOf(bytes)))),
      kind === 'text' ? expect.texts(500, patternOf(bytes)) : expect.binaries(500, patternOf(bytes)),
    ],
  })),
);

export const sizes: readonly Case[] = [...large, ...fragmented, ...chopped, ...runs];
