// Heads of HTTP: opening requests and answers, and the mistakes and tricks that are tried in them.

import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';

export const goodKey = 'dGhlIHNhbXBsZSBub25jZQ==';
export const goodAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

export const headWords = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '=',
  '"',
  '\\"',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'GET ',
  'Host: a\r\n',
  'Connection: keep-alive, Upgrade\r\n',
  'Upgrade: websocket\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Sec-WebSocket-Key: ',
  'Sec-WebSocket-Version: 13\r\n',
  'Sec-WebSocket-Extensions: permessage-deflate\r\n',
  'Sec-WebSocket-Protocol: ',
  '__proto__: x\r\n',
  'constructor: x\r\n',
  goodKey,
  goodAccept,
] as const;

const targets = [
  '/',
  '/chat?x=1',
  '*',
  'http://example.com/chat',
  'https://a',
  '//',
  '/#f',
  '/%00',
  'example.com:80',
  '/a b',
  'http://u@h/',
];
const hosts = [
  'example.com',
  'example.com:8080',
  '[::1]:80',
  '',
  'a b',
  'a@b',
  'a:99999',
  '[::1',
  'EXAMPLE.com.',
  'a,b',
];
const versions = ['13', '13', '13', '8', '013', '13, 13', '256', '-1', ''];
const keys = [goodKey, goodKey, goodKey, 'dGhlIHNhbXBsZSBub25jZR==', 'short==', '', `${goodKey}, ${goodKey}`];
const upgrades = ['websocket', 'WebSocket', 'h2c, websocket', 'websocket/13', 'websocketx', ''];
const connections = ['Upgrade', 'keep-alive, Upgrade', 'upgrade', 'close', ',,Upgrade,', ''];
const protocols = ['chat', 'chat, superchat', 'chat,chat', ',', 'a b', 'tidewire.v1.json', '"chat"'];
const oddNames = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'X',
  'Cookie',
  'Sec-WebSocket-Nonsense',
];
const values = ['x', '', 'a, b', '"quoted"', '\x80\xff', ' spaced ', '\t', 'x'.repeat(300)];
export const extensionValues = [
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=10; server_max_window_bits=9',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; client_max_window_bits=7',
  'permessage-deflate; client_max_window_bits="15"',
  'permessage-deflate; server_max_window_bits=08',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; unknown',
  'permessage-deflate; server_max_window_bits; x, permessage-deflate',
  'x-webkit-deflate-frame, permessage-deflate',
  'a; b="c\\d", e',
  'a;',
  'a; b=',
  'a; b="',
  ',,',
];

type Line = readonly [name: string, value: string];

export function generateRequest(random: SeededRandom): string {
  const fields: Line[] = [
    ['Host', usually(random, 'example.com', hosts)],
    ['Upgrade', usually(random, 'websocket', upgrades)],
    ['Connection', usually(random, 'Upgrade', connections)],
    ['Sec-WebSocket-Key', usually(random, goodKey, keys)],
    ['Sec-WebSocket-Version', usually(random, '13', versions)],
  ];
  if (random.chance(0.4)) fields.push(['Sec-WebSocket-Protocol', random.pick(protocols)]);
  if (random.chance(0.4)) fields.push(['Sec-WebSocket-Extensions', random.pick(extensionValues)]);
  if (random.chance(0.4)) fields.push(['Origin', random.pick(['http://example.com', 'null', ''])]);
  const method = usually(random, 'GET', ['POST', 'get', 'CONNECT', 'G T', '']);
  const version = usually(random, 'HTTP/1.1', ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.9', 'http/1.1', 'HTTP/1.']);
  return head(random, `${method} ${usually(random, '/', targets)} ${version}`, fields);
}

export function generateResponse(random: SeededRandom): string {
  const fields: Line[] = [
    ['Upgrade', usually(random, 'websocket', upgrades)],
    ['Connection', usually(random, 'Upgrade', connections)],
    ['Sec-WebSocket-Accept', usually(random, goodAccept, [goodKey, '', goodAccept.toLowerCase()])],
  ];
  if (random.chance(0.4)) fields.push(['Sec-WebSocket-Protocol', random.pick(protocols)]);
  if (random.chance(0.4)) fields.push(['Sec-WebSocket-Extensions', random.pick(extensionValues)]);
  const status = usually(random, '101', ['100', '200', '301', '401', '999', '099', '1010', 'abc']);
  const reason = usually(random, ' Switching Protocols', ['', ' ', ' \xe9', ' \0']);
  return head(random, `${usually(random, 'HTTP/1.1', ['HTTP/1.0', 'HTTP/2'])} ${status}${reason}`, fields);
}

function head(random: SeededRandom, startLine: string, fields: Line[]): string {
  while (random.chance(0.4)) {
    const line: Line = [random.pick(oddNames), random.pick(values)];
    fields.splice(random.integer(0, fields.length), 0, random.chance(0.2) ? random.pick(fields) : line);
  }
  if (random.chance(0.1)) fields.splice(random.integer(0, fields.length - 1), 1);
  if (random.chance(0.1)) fields.reverse();
  const end = usually(random, '\r\n', ['\n', '\r', '\r\n ', '\r\n\r\n']);
  const colon = usually(random, ': ', [':', ' : ', ':\t', ': \t ']);
  const lines = fields.map(([name, value]) => `${name}${colon}${value}`);
  const before = random.chance(0.05) ? '\r\n' : '';
  const after = random.chance(0.2) ? '\x81\x85abcdefghi' : '';
  return `${before}${[startLine, ...lines].join(end)}${end}\r\n${after}`;
}

function usually<Value>(random: SeededRandom, right: Value, wrong: readonly Value[]): Value {
  return random.chance(0.9) ? right : random.pick(wrong);
}
