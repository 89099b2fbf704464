// Opening a stream by extended CONNECT over HTTP/2 (RFC 8441). The cases of every other group run over such streams as well.

import type { Case, Http2Opening } from '../script/case.ts';
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

export const http2: readonly Case[] = [...accepted, ...refused];
