// Opening handshakes a server must accept, must refuse, or must only survive (RFC 6455, 4.2; RFC 9112).

import type { Case } from '../script/case.ts';
import { accepts, anyAnswer, type Head, type RefusalOptions, refuses, request } from '../script/opening.ts';
import { expect, send } from '../script/steps.ts';
import { frame } from '../wire/frame.ts';

const section = 'RFC 6455, 4.2.1';
const echo = [send(frame.text('Hello')), expect.text('Hello')];
const upperCase = (name: string) => name.toUpperCase();
const lowerCase = (name: string) => name.toLowerCase();

const mayRefuse = { orRefuses: true };

const good: readonly [string, string, Head, { orRefuses: boolean }?][] = [
  ['plain', 'a minimal handshake', request()],
  // RFC 9112, 3.2.2. "a server MUST accept the absolute-form in requests".
  ['absolute-target', 'an absolute target', request().startLine('GET http://{host}{path} HTTP/1.1')],
  // 4.2.1, 3. "An |Upgrade| header field containing the value "websocket"".
  ['upgrade-list', '"Upgrade: h2c, websocket"', request().with('Upgrade', 'h2c, websocket'), mayRefuse],
  ['upgrade-twice', 'two Upgrade headers', request().adding('Upgrade', 'h2c'), mayRefuse],
  // RFC 9112, 2.2. "a server […] SHOULD ignore at least one empty line (CRLF) received prior to the request-line."
  [
    'empty-line-first',
    'an empty line before the request',
    request().startLine('\r\nGET {path} HTTP/1.1'),
    mayRefuse,
  ],
  ['content-length-zero', '"Content-Length: 0", as the JDK sends', request().adding('Content-Length', '0')],
  ['lower-case-names', 'header names in lower case', request().named(lowerCase)],
  ['upper-case-names', 'header names in upper case', request().named(upperCase)],
  ['reversed', 'the headers in reverse order', request().reversed()],
  ['upgrade-mixed-case', '"Upgrade: WebSocket"', request().with('Upgrade', 'WebSocket')],
  ['upgrade-upper-case', '"Upgrade: WEBSOCKET"', request().with('Upgrade', 'WEBSOCKET')],
  ['connection-lower-case', '"Connection: upgrade"', request().with('Connection', 'upgrade')],
  [
    'connection-list',
    '"Connection: keep-alive, Upgrade"',
    request().with('Connection', 'keep-alive, Upgrade'),
  ],
  [
    'connection-list-first',
    '"Connection: Upgrade, keep-alive"',
    request().with('Connection', 'Upgrade, keep-alive'),
  ],
  [
    'connection-no-space',
    '"Connection: keep-alive,Upgrade"',
    request().with('Connection', 'keep-alive,Upgrade'),
  ],
  [
    'connection-twice',
    'two Connection headers',
    request().with('Connection', 'keep-alive').adding('Connection', 'Upgrade'),
  ],
  [
    'no-space-after-colon',
    'no space after the colon',
    request().startLine('GET {path} HTTP/1.1\r\nX-Tight:1'),
  ],
  ['spaces-around-value', 'spaces and tabs around a value', request().with('Upgrade', ' \t websocket \t ')],
  ['query', 'a query in the target', request().startLine('GET {path}?a=1&b=%20 HTTP/1.1')],
  ['long-query', 'a target of 2 000 bytes', request().startLine(`GET {path}?${'q'.repeat(2000)} HTTP/1.1`)],
  ['cookie', 'a cookie', request().adding('Cookie', 'a=1; b="2"')],
  ['user-agent', 'an unknown header', request().adding('X-Anything', 'caf\xe9')],
  ['empty-header', 'an empty header', request().adding('X-Empty', '')],
  [
    'proto-header',
    'headers named __proto__ and constructor',
    request().adding('__proto__', '1').adding('constructor', '2'),
  ],
  ['many-headers', '50 more headers', addHeaders(request(), 50, 'value')],
  [
    'unknown-extension',
    'an extension nobody knows',
    request().with('Sec-WebSocket-Extensions', 'x-nobody; a=1'),
  ],
  [
    'extension-long',
    'a list of 12 unknown extensions',
    request().with('Sec-WebSocket-Extensions', Array(12).fill('x-nobody; a="b"').join(', ')),
  ],
];

const accepted: Case[] = good.map(([name, words, head, options]) => ({
  id: `handshake.accepts.${name}`,
  section,
  title: `accepts ${words}${options?.orRefuses ? ' (refusing is acceptable)' : ''}`,
  tests: 'server',
  request: accepts(head, options),
  play: echo,
}));

const pieces: Case[] = [
  { name: 'byte-by-byte', bytesEach: 1, pauseMs: 0, words: 'byte by byte' },
  { name: 'slowly', bytesEach: 10, pauseMs: 60, words: 'within a second, ten bytes at a time' },
  { name: 'in-two', bytesEach: 60, pauseMs: 20, words: 'in a few pieces' },
].map(({ name, bytesEach, pauseMs, words }) => ({
  id: `handshake.accepts.${name}`,
  section,
  title: `accepts a handshake that arrives ${words}`,
  tests: 'server' as const,
  request: accepts(request(), { bytesEach, pauseMs }),
  play: echo,
}));

const anyStatus: RefusalOptions = { anyStatus: true };
const upgradeRequired: RefusalOptions = { header: { name: 'sec-websocket-version', contains: '13' } };
const mayAccept: RefusalOptions = { orAccepts: true };

/** The list of 4.2.1, item by item: "must stop processing the client's handshake and return … an appropriate error". */
const bad: readonly [string, string, number | number[], Head, RefusalOptions?][] = [
  [
    'post',
    'POST',
    [400, 405, 501],
    request().startLine('POST {path} HTTP/1.1').adding('Content-Length', '0'),
  ],
  ['put', 'PUT', [400, 405, 501], request().startLine('PUT {path} HTTP/1.1').adding('Content-Length', '0')],
  ['delete', 'DELETE', [400, 405, 501], request().startLine('DELETE {path} HTTP/1.1')],
  ['head', 'HEAD', [400, 405, 501], request().startLine('HEAD {path} HTTP/1.1'), anyStatus],
  ['options', 'OPTIONS', [400, 405, 501], request().startLine('OPTIONS {path} HTTP/1.1'), anyStatus],
  ['lower-case-method', '"get"', [400, 405, 501], request().startLine('get {path} HTTP/1.1')],
  ['http-1.0', 'HTTP/1.0', [400, 426, 505], request().startLine('GET {path} HTTP/1.0')],
  ['http-0.9', 'HTTP/0.9', [400, 426, 505], request().startLine('GET {path} HTTP/0.9')],
  // "An HTTP/1.1 or higher GET request": a server that takes this for one follows the letter.
  [
    'http-2.0',
    'HTTP/2.0 in the request line',
    [400, 426, 505],
    request().startLine('GET {path} HTTP/2.0'),
    mayAccept,
  ],
  ['no-http-version', 'no version of HTTP', [400, 505], request().startLine('GET {path}')],
  ['http-lower-case', '"http/1.1"', [400, 505], request().startLine('GET {path} http/1.1')],
  ['no-host', 'no Host', 400, request().without('Host')],
  ['two-hosts', 'two Host headers', 400, request().adding('Host', 'other.example'), mayAccept],
  ['no-upgrade', 'no Upgrade', [400, 426], request().without('Upgrade'), anyStatus],
  ['upgrade-empty', 'an empty Upgrade', [400, 426], request().with('Upgrade', ''), anyStatus],
  ['upgrade-other', '"Upgrade: h2c"', [400, 426], request().with('Upgrade', 'h2c'), anyStatus],
  [
    'upgrade-similar',
    '"Upgrade: websockets"',
    [400, 426],
    request().with('Upgrade', 'websockets'),
    anyStatus,
  ],
  ['no-connection', 'no Connection', [400, 426], request().without('Connection'), anyStatus],
  ['connection-close', '"Connection: close"', [400, 426], request().with('Connection', 'close'), anyStatus],
  [
    'connection-keep-alive',
    '"Connection: keep-alive"',
    [400, 426],
    request().with('Connection', 'keep-alive'),
    anyStatus,
  ],
  [
    'connection-similar',
    '"Connection: upgraded"',
    [400, 426],
    request().with('Connection', 'upgraded'),
    anyStatus,
  ],
  ['no-key', 'no Sec-WebSocket-Key', 400, request().without('Sec-WebSocket-Key')],
  ['empty-key', 'an empty Sec-WebSocket-Key', 400, request().with('Sec-WebSocket-Key', '')],
  // "It is not necessary for the server to base64-decode the |Sec-WebSocket-Key| value" (1.3).
  [
    'short-key',
    'a key of 15 bytes',
    400,
    request().with('Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAA'),
    mayAccept,
  ],
  [
    'long-key',
    'a key of 17 bytes',
    400,
    request().with('Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAAA='),
    mayAccept,
  ],
  [
    'unpadded-key',
    'a key without padding',
    400,
    request().with('Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA'),
    mayAccept,
  ],
  [
    'not-base64-key',
    'a key that is not base64',
    400,
    request().with('Sec-WebSocket-Key', 'this is no key, really!!'),
    mayAccept,
  ],
  [
    'url-safe-key',
    'a key in the alphabet for addresses',
    400,
    request().with('Sec-WebSocket-Key', '--__AAAAAAAAAAAAAAAAAA=='),
    mayAccept,
  ],
  [
    'huge-key',
    'a key of 8 000 bytes',
    [400, 431],
    request().with('Sec-WebSocket-Key', 'A'.repeat(8000)),
    mayAccept,
  ],
  ['two-keys', 'two keys', 400, request().adding('Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA==')],
  ['no-version', 'no Sec-WebSocket-Version', [400, 426], request().without('Sec-WebSocket-Version')],
  // A server may still speak the drafts that had the version 8.
  [
    'version-8',
    'version 8, with 426',
    [426],
    request().with('Sec-WebSocket-Version', '8'),
    { ...upgradeRequired, ...mayAccept },
  ],
  ...['0', '7', '12', '14', '255'].map((version): [string, string, number[], Head, RefusalOptions] => [
    `version-${version}`,
    `version ${version}, with 426 and the version it speaks (4.4)`,
    [426],
    request().with('Sec-WebSocket-Version', version),
    upgradeRequired,
  ]),
  ...(
    [
      // The grammar of 4.3 ends at 255.
      ['256', '256'],
      ['9999999999', '9999999999'],
      ['empty', ''],
      ['in-words', 'thirteen'],
      ['leading-zero', '013'],
      ['plus', '+13'],
      ['minus', '-13'],
      ['fraction', '13.0'],
      ['space-inside', '1 3'],
      ['hexadecimal', '0xd'],
      ['semicolon', '13;'],
      ['13-twice', '13, 13'],
      ['13-then-8', '13, 8'],
      ['8-then-13', '8, 13'],
    ] as const
  ).map(([name, version]): [string, string, number[], Head] => [
    `version-${name}`,
    `the version "${version}"`,
    [400, 426],
    request().with('Sec-WebSocket-Version', version),
  ]),
  // 4.2.1. "including but not limited to any violations of the ABNF grammar […], the server MUST stop".
  [
    'empty-protocol',
    'an empty Sec-WebSocket-Protocol',
    400,
    request().with('Sec-WebSocket-Protocol', ''),
    mayAccept,
  ],
  [
    'bad-protocol',
    'a subprotocol that is no token',
    400,
    request().with('Sec-WebSocket-Protocol', 'a b, (c)'),
    mayAccept,
  ],
  // 4.1, 10. The elements "MUST all be unique strings".
  [
    'same-protocol-twice',
    'a subprotocol twice',
    400,
    request().with('Sec-WebSocket-Protocol', 'chat, chat'),
    mayAccept,
  ],
  ['two-versions', 'two different versions', [400, 426], request().adding('Sec-WebSocket-Version', '8')],
];

const refused: Case[] = bad.map(([name, words, statuses, head, options]) => ({
  id: `handshake.refuses.${name}`,
  section: name.startsWith('version') ? 'RFC 6455, 4.4' : section,
  title: `refuses ${words}`,
  tests: 'server',
  request: refuses(statuses, head, options ?? {}),
  play: [],
}));

/** Messages that are not HTTP, or that no two parsers read alike: the material of request smuggling. */
const malformed: readonly [string, string, Head, RefusalOptions?][] = [
  [
    'line-feeds-only',
    'lines that end with LF alone',
    request().lineEnd('\n'),
    { orAccepts: true, orWaits: true },
  ],
  ['carriage-returns-only', 'lines that end with CR alone', request().lineEnd('\r'), { orWaits: true }],
  ['space-before-colon', 'a space before a colon', request().adding('X-Spaced ', '1')],
  ['space-in-name', 'a space in a header name', request().adding('X Spaced', '1')],
  ['empty-name', 'an empty header name', request().adding('', '1')],
  ['no-colon', 'a header line without a colon', request().startLine('GET {path} HTTP/1.1\r\nno colon here')],
  ['folded', 'a folded header line', request().adding('X-Folded', 'one\r\n two'), mayAccept],
  [
    'folded-first',
    'a first header line that begins with a space',
    request().startLine('GET {path} HTTP/1.1\r\n X-First: 1'),
  ],
  ['nul-in-value', 'NUL in a value', request().adding('X-Nul', 'a\0b')],
  ['nul-in-name', 'NUL in a name', request().adding('X-\0Nul', 'a')],
  ['bare-cr-in-value', 'a bare CR in a value', request().adding('X-Cr', 'a\rb')],
  ['control-in-value', 'a control character in a value', request().adding('X-Control', 'a\x01b'), mayAccept],
  ['high-byte-in-name', 'a byte above 127 in a name', request().adding('X-\xff', '1')],
  ['no-target', 'no target', request().startLine('GET HTTP/1.1')],
  ['space-in-target', 'a space in the target', request().startLine('GET /a b HTTP/1.1')],
  ['nul-in-target', 'NUL in the target', request().startLine('GET /a\0b HTTP/1.1')],
  ['target-without-slash', 'a target without a slash', request().startLine('GET path HTTP/1.1'), mayAccept],
  ['asterisk-target', 'the target *', request().startLine('GET * HTTP/1.1'), mayAccept],
  ['garbage', 'words that are not HTTP', request().startLine('hello there, server')],
  [
    'tls-client-hello',
    'a ClientHello of TLS',
    request().startLine('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  ],
  ['http2-preface', 'the preface of HTTP/2', request().startLine('PRI * HTTP/2.0\r\n\r\nSM\r\n')],
  [
    'both-lengths',
    'Content-Length beside Transfer-Encoding',
    request().adding('Content-Length', '5').adding('Transfer-Encoding', 'chunked'),
    mayAccept,
  ],
  [
    'two-lengths',
    'two lengths that differ',
    request().adding('Content-Length', '5').adding('Content-Length', '6'),
  ],
  ['bad-length', 'a length that is no number', request().adding('Content-Length', '5x')],
  ['negative-length', 'a negative length', request().adding('Content-Length', '-1')],
  [
    'odd-transfer-encoding',
    'an unknown transfer coding',
    request().adding('Transfer-Encoding', 'xchunked'),
    mayAccept,
  ],
];

const notHttp: Case[] = malformed.map(([name, words, head, options]) => ({
  id: `handshake.malformed.${name}`,
  section: 'RFC 9112',
  title: `refuses ${words}`,
  tests: 'server',
  request: refuses([400, 501, 505], head, options ?? {}),
  play: [],
}));

const floods: readonly [string, string, Head][] = [
  ['1000-headers', '1 000 headers', addHeaders(request(), 1000, 'x')],
  ['10000-headers', '10 000 headers', addHeaders(request(), 10_000, 'x')],
  ['same-header', '5 000 times the same header', repeatHeader(request(), 5000)],
  ['64-KiB-header', 'a header of 64 KiB', request().adding('X-Long', 'x'.repeat(65_536))],
  ['1-MiB-header', 'a header of 1 MiB', request().adding('X-Long', 'x'.repeat(1 << 20))],
  ['64-KiB-target', 'a target of 64 KiB', request().startLine(`GET /${'x'.repeat(65_536)} HTTP/1.1`)],
  ['64-KiB-name', 'a header name of 64 KiB', request().adding('X'.repeat(65_536), '1')],
  ['64-KiB-method', 'a method of 64 KiB', request().startLine(`${'X'.repeat(65_536)} {path} HTTP/1.1`)],
  [
    '64-KiB-extensions',
    '64 KiB of extensions',
    request().with('Sec-WebSocket-Extensions', 'x, '.repeat(21_845)),
  ],
  [
    '64-KiB-protocols',
    '64 KiB of subprotocols',
    request().with('Sec-WebSocket-Protocol', 'x, '.repeat(21_845)),
  ],
];

const flooded: Case[] = floods.map(([name, words, head]) => ({
  id: `handshake.flood.${name}`,
  section: 'RFC 6455, 10.4',
  title: `refuses ${words} (accepting is acceptable)`,
  tests: 'server',
  request: refuses([400, 405, 413, 414, 431, 501], head, mayAccept),
  play: [],
}));

const unfinished: Case[] = (
  [
    ['nothing', 'nothing at all', request().startLine('').without('Host'), 0],
    ['half-a-line', 'half a request line', request(), 5],
    ['half-a-head', 'half of the headers', request(), 60],
    ['all-but-the-last-byte', 'all but the last byte', request(), -1],
  ] as const
).map(([name, words, head, upTo]) => ({
  id: `handshake.unfinished.${name}`,
  section: 'RFC 6455, 10.4',
  title: `ends a connection that sends ${words} within 12 seconds (waiting longer is acceptable)`,
  tests: 'server' as const,
  deadlineMs: 12_000,
  request: { ...refuses([408, 400], head, { orWaits: true }), upTo },
  play: [],
}));

const cutOff: Case[] = ([0, 1, 16, 80, -2, -1] as const).map((upTo) => ({
  id: `handshake.cut-off.${upTo < 0 ? `${-upTo}-before-the-end` : `after-${upTo}`}`,
  section: 'RFC 9112',
  title: `ends its side when the client ends its own ${upTo < 0 ? `${-upTo} bytes before the head is complete` : `after ${upTo} bytes`}`,
  tests: 'server' as const,
  request: { ...refuses([400, 408], request()), upTo, end: true },
  play: [],
}));

/** What happens depends on what the server is for; it must only stay in order. */
const open: readonly [string, string, Head][] = [
  ['foreign-origin', 'a foreign Origin (10.2)', request().adding('Origin', 'https://elsewhere.example')],
  ['null-origin', '"Origin: null"', request().adding('Origin', 'null')],
  ['bad-origin', 'an Origin that is no address', request().adding('Origin', '://')],
  ['other-path', 'a path nobody knows', request().startLine('GET /no/such/path HTTP/1.1')],
  ['dot-path', 'a path with dots', request().startLine('GET /../../etc/passwd HTTP/1.1')],
  ['expect-continue', '"Expect: 100-continue"', request().adding('Expect', '100-continue')],
  ['body', 'a body of five bytes', request().adding('Content-Length', '5').followedBy('Hello')],
  ['chunked', 'a chunked body', request().adding('Transfer-Encoding', 'chunked').followedBy('0\r\n\r\n')],
];

const informational: Case[] = open.map(([name, words, head]) => ({
  id: `handshake.open.${name}`,
  section: 'RFC 6455, 4.2',
  title: `accepts or refuses ${words}`,
  tests: 'server',
  informational: true,
  request: anyAnswer(head),
  play: [],
}));

function addHeaders(head: Head, count: number, value: string): Head {
  const lines = Array.from({ length: count }, (_, index) => `X-Header-${index}: ${value}`);
  return head.startLine(['GET {path} HTTP/1.1', ...lines].join('\r\n'));
}

function repeatHeader(head: Head, count: number): Head {
  return head.startLine(['GET {path} HTTP/1.1', ...Array<string>(count).fill('X-Same: 1')].join('\r\n'));
}

export const handshakeServer: readonly Case[] = [
  ...accepted,
  ...pieces,
  ...refused,
  ...notHttp,
  ...flooded,
  ...unfinished,
  ...cutOff,
  ...informational,
];
