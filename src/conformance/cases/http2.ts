// Opening a stream by extended CONNECT over HTTP/2 (RFC 8441). The cases of every other group run over such streams as well.

import type { Case, Http2Answer, Http2Opening } from '../script/case.ts';
import { expect, send } from '../script/steps.ts';
import { frame } from '../wire/frame.ts';

const section = 'RFC 8441, 5';
const echo = [send(frame.text('Hello')), expect.text('Hello')];

const good: readonly [string, string, Http2Opening['headers']][] = [
  ['plain', 'a minimal extended CONNECT', {}],
  [
    'with-key',
    'a Sec-WebSocket-Key, which has no meaning here',
    { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
  ],
  ['with-origin', 'its own origin', { origin: '{origin}' }],
  [
    'many-headers',
    '50 more headers',
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x-${index}`, 'x'])),
  ],
];

const accepted: Case[] = good.map(([name, words, headers]) => ({
  id: `http2.accepts.${name}`,
  section,
  title: `accepts ${words}, with :status 200`,
  tests: 'server',
  http2: { headers, expect: 'accepted' },
  play: echo,
}));

const bad: readonly [string, string, Http2Opening['headers'], number[]][] = [
  ['version-12', 'version 12', { 'sec-websocket-version': '12' }, [400, 426]],
  ['no-version', 'no version', { 'sec-websocket-version': undefined }, [400, 426]],
  ['unknown-protocol', 'an unknown :protocol', { ':protocol': 'x-unknown' }, [400, 404, 405, 501]],
];

const refused: Case[] = bad.map(([name, words, headers, statuses]) => ({
  id: `http2.refuses.${name}`,
  section,
  title: `refuses ${words}`,
  tests: 'server',
  http2: { headers, expect: statuses },
  play: [],
}));

const manyHeaders = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x-${index}`, 'x']));

const goodAnswers: readonly [string, string, Omit<Http2Answer, 'expect'>][] = [
  ['plain', 'a bare :status 200', { status: 200 }],
  ['many-headers', 'an answer with 50 more headers', { status: 200, headers: manyHeaders }],
  [
    'with-accept',
    'a Sec-WebSocket-Accept, which has no meaning here',
    { status: 200, headers: { 'sec-websocket-accept': 'nonsense' } },
  ],
  ['early-hints-first', 'an answer after 103', { status: 200, interim: 103 }],
  ['processing-first', 'an answer after 102', { status: 200, interim: 102 }],
];

const clientAccepts: Case[] = goodAnswers.map(([name, words, answer]) => ({
  id: `http2.client-accepts.${name}`,
  section,
  title: `takes ${words} for an open connection`,
  tests: 'client',
  http2Answer: { ...answer, expect: 'accepted' },
  play: echo,
}));

const extensions = (value: string): Omit<Http2Answer, 'expect'> => ({
  status: 200,
  headers: { 'sec-websocket-extensions': value },
});

const badAnswers: readonly [string, string, Omit<Http2Answer, 'expect'>][] = [
  ...[300, 302, 400, 401, 403, 404, 407, 426, 500, 503].map(
    (status) => [`status-${status}`, `:status ${status}`, { status }] as [string, string, { status: number }],
  ),
  ['unknown-extension', 'an extension nobody offered', extensions('x-unknown')],
  ['malformed-extension', 'extensions that are no list', extensions('permessage-deflate; =')],
  ['extension-twice', 'permessage-deflate twice', extensions('permessage-deflate, permessage-deflate')],
  [
    'unknown-parameter',
    'a parameter permessage-deflate does not have',
    extensions('permessage-deflate; x-unknown'),
  ],
  [
    'unknown-subprotocol',
    'a subprotocol nobody offered',
    { status: 200, headers: { 'sec-websocket-protocol': 'chat' } },
  ],
];

const clientRefuses: Case[] = badAnswers.map(([name, words, answer]) => ({
  id: `http2.client-fails.${name}`,
  section,
  title: `fails on ${words}`,
  tests: 'client',
  http2Answer: { ...answer, expect: 'refused' },
  play: [],
}));

/** RFC 9113, 7: error codes of a stream. */
const resets: Case[] = (
  [
    ['internal-error', 2],
    ['cancel', 8],
    ['enhance-your-calm', 11],
  ] as const
).map(([name, code]) => ({
  id: `http2.client-fails.reset-${name}`,
  section,
  title: `fails when the stream is reset with error ${code} instead of an answer`,
  tests: 'client',
  http2Answer: { status: 0, reset: code, expect: 'refused' },
  play: [],
}));

export const http2: readonly Case[] = [
  ...accepted,
  ...refused,
  ...clientAccepts,
  ...clientRefuses,
  ...resets,
];
