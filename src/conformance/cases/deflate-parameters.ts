// permessage-deflate in every combination of its four parameters (RFC 7692, 7.1).

import type { Case } from '../script/case.ts';
import { expect, send } from '../script/steps.ts';
import { type DeflateParameters, formatDeflate } from '../wire/deflate.ts';
import { frame } from '../wire/frame.ts';
import { jsonOf, noiseOf } from './payloads.ts';

const windows = [undefined, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const takeovers = [
  { name: 'both-keep', parameters: {} },
  { name: 'server-forgets', parameters: { serverNoContextTakeover: true } },
  { name: 'client-forgets', parameters: { clientNoContextTakeover: true } },
  { name: 'both-forget', parameters: { serverNoContextTakeover: true, clientNoContextTakeover: true } },
] as const;

/** Enough to fill every window, and to tempt a compressor to reach back into the message before. */
const exchange = [
  'first message',
  'first message, and then the second message',
  jsonOf(1000).toString(),
  jsonOf(40_000).toString(),
  '',
  jsonOf(1000).toString(),
];

function withParameters(name: string, deflate: DeflateParameters, tests?: 'server'): Case {
  return {
    id: `deflate-parameters.${name}`,
    section: 'RFC 7692, 7.1',
    title: `keeps to ${formatDeflate(deflate)}`,
    ...(tests === undefined ? {} : { tests }),
    deflate,
    play: [
      ...exchange.flatMap((text) => [send(frame.text(text).compressed()), expect.text(text)]),
      send(frame.binary(noiseOf(3000)).compressed()),
      expect.binary(noiseOf(3000)),
    ],
  };
}

const nameOf = (server: number | undefined, client: number | true | undefined) =>
  `server-${server ?? 'any'}-client-${client === true ? 'hinted' : (client ?? 'any')}`;

const combinations: Case[] = takeovers.flatMap(({ name, parameters }) =>
  windows.flatMap((server) =>
    ([true, ...windows] as const).map((client) =>
      withParameters(
        `${name}.${nameOf(server, client)}`,
        {
          ...parameters,
          ...(server === undefined ? {} : { serverMaxWindowBits: server }),
          ...(client === undefined ? {} : { clientMaxWindowBits: client }),
        },
        // Without a value it is a hint that only an offer can have.
        client === true ? 'server' : undefined,
      ),
    ),
  ),
);

export const deflateParameters: readonly Case[] = combinations;
