// Answers of a server that a client must accept, or upon which it must fail (RFC 6455, 4.1).

import type { Case } from '../script/case.ts';
import {
  clientAccepts,
  clientAnything,
  clientRefuses,
  type Head,
  type RefusalOptions,
  response,
} from '../script/opening.ts';
import { expect, send } from '../script/steps.ts';
import { frame } from '../wire/frame.ts';

const section = 'RFC 6455, 4.1';
const echo = [send(frame.text('Hello')), expect.text('Hello')];
const switching = 'HTTP/1.1 101 Switching Protocols';

const good: readonly [string, string, Head][] = [
  ['plain', 'a minimal answer', response()],
  ['lower-case-names', 'header names in lower case', response().named((name) => name.toLowerCase())],
  ['upper-case-names', 'header names in upper case', response().named((name) => name.toUpperCase())],
  ['reversed', 'the headers in reverse order', response().reversed()],
  ['upgrade-mixed-case', '"Upgrade: WebSocket"', response().with('Upgrade', 'WebSocket')],
  ['upgrade-upper-case', '"Upgrade: WEBSOCKET"', response().with('Upgrade', 'WEBSOCKET')],
  ['connection-lower-case', '"Connection: upgrade"', response().with('Connection', 'upgrade')],
  [
    'connection-list',
    '"Connection: keep-alive, Upgrade"',
    response().with('Connection', 'keep-alive, Upgrade'),
  ],
  [
    'other-phrase',
    'another reason phrase',
    response().startLine('HTTP/1.1 101 Web Socket Protocol Handshake'),
  ],
  ['empty-phrase', 'an empty reason phrase', response().startLine('HTTP/1.1 101 ')],
  ['spaces-around-value', 'spaces around a value', response().with('Upgrade', '  websocket  ')],
  [
    'date-and-server',
    'other headers',
    response().adding('Date', 'Thu, 01 Jan 1970 00:00:00 GMT').adding('Server', 'x'),
  ],
  ['cookies', 'two cookies', response().adding('Set-Cookie', 'a=1').adding('Set-Cookie', 'b=2')],
  [
    'proto-header',
    'headers named __proto__ and constructor',
    response().adding('__proto__', '1').adding('constructor', '2'),
  ],
  ['50-headers', '50 more headers', addHeaders(50)],
  ['empty-header', 'an empty header', response().adding('X-Empty', '')],
  // RFC 9110, 15.2. "A client MUST be able to parse one or more 1xx responses received prior to a final response".
  [
    'continue-first',
    'a 100 Continue before the answer',
    response().startLine(`HTTP/1.1 100 Continue\r\n\r\n${switching}`),
  ],
  [
    'early-hints-first',
    'a 103 before the answer',
    response().startLine(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${switching}`),
  ],
  // RFC 9112, 6.3. An answer 1xx "is always terminated by the first empty line after the header fields, regardless of the
  // header fields present in the message".
  ['content-length', '"Content-Length: 0" in the answer', response().adding('Content-Length', '0')],
  // RFC 9112, 5.2. "A user agent that receives an obs-fold in a response message […] MUST replace each received obs-fold
  // with one or more SP octets prior to interpreting the field value".
  ['folded', 'a folded header', response().adding('X-Folded', 'one\r\n two\r\n\tthree')],
];

const accepted: Case[] = good.map(([name, words, head]) => ({
  id: `handshake.client-accepts.${name}`,
  section,
  title: `accepts ${words}`,
  tests: 'client',
  response: clientAccepts(head),
  play: echo,
}));

const pieces: Case[] = [
  { name: 'byte-by-byte', how: { bytesEach: 1 }, words: 'byte by byte' },
  { name: 'slowly', how: { bytesEach: 10, pauseMs: 60 }, words: 'within a second, ten bytes at a time' },
].map(({ name, how, words }) => ({
  id: `handshake.client-accepts.${name}`,
  section,
  title: `accepts an answer that arrives ${words}`,
  tests: 'client' as const,
  response: clientAccepts(response(), how),
  play: echo,
}));

const hello = Buffer.from('810548656c6c6f', 'hex');

const together: Case[] = [
  {
    id: 'handshake.client-accepts.frame-behind',
    section,
    title: 'reads a message that arrives in one segment with the answer',
    tests: 'client',
    response: clientAccepts(response().followedBy(hello)),
    play: [expect.text('Hello')],
  },
  {
    id: 'handshake.client-accepts.frame-torn',
    section,
    title: 'reads a message whose first bytes arrive in one segment with the answer',
    tests: 'client',
    response: clientAccepts(response().followedBy(hello.subarray(0, 4))),
    play: [send.bytes(hello.subarray(4)), expect.text('Hello')],
  },
  {
    id: 'handshake.client-accepts.close-behind',
    section,
    title: 'answers a Close that arrives in one segment with the answer',
    tests: 'client',
    response: clientAccepts(response().followedBy(Buffer.from('880203e8', 'hex'))),
    play: [expect.closed(1000)],
  },
  {
    id: 'handshake.client-accepts.ping-behind',
    section,
    title: 'answers a Ping that arrives in one segment with the answer',
    tests: 'client',
    response: clientAccepts(response().followedBy(Buffer.from('890170', 'hex'))),
    play: [expect.pong('p')],
  },
];

const withBody = (status: string) => response().startLine(`HTTP/1.1 ${status}`).adding('Content-Length', '0');
// An ordinary answer of HTTP, after which a client may keep the connection for other requests.
const mayKeep: RefusalOptions = { orWaits: true };

const statuses = [
  '200 OK',
  '204 No Content',
  '206 Partial Content',
  '300 Multiple Choices',
  '400 Bad Request',
  '403 Forbidden',
  '404 Not Found',
  '405 Method Not Allowed',
  '407 Proxy Authentication Required',
  '418 I am a teapot',
  '426 Upgrade Required',
  '429 Too Many Requests',
  '500 Internal Server Error',
  '501 Not Implemented',
  '502 Bad Gateway',
  '503 Service Unavailable',
];

const wrongStatus: Case[] = [
  ...statuses.map((status): [string, Head] => [status.slice(0, 3), withBody(status)]),
  ['401', withBody('401 Unauthorized').adding('WWW-Authenticate', 'Basic realm="x"')] as [string, Head],
].map(([name, head]) => ({
  id: `handshake.client-fails.status-${name}`,
  section,
  title: `fails when the server answers ${name}, whatever else the answer says`,
  tests: 'client',
  response: clientRefuses(head, mayKeep),
  play: [],
}));

const bad: readonly [string, string, Head, RefusalOptions?][] = [
  ['no-upgrade', 'no Upgrade', response().without('Upgrade')],
  ['upgrade-empty', 'an empty Upgrade', response().with('Upgrade', '')],
  ['upgrade-other', '"Upgrade: h2c"', response().with('Upgrade', 'h2c')],
  ['upgrade-similar', '"Upgrade: websockets"', response().with('Upgrade', 'websockets')],
  [
    'upgrade-list',
    '"Upgrade: websocket, h2c"',
    response().with('Upgrade', 'websocket, h2c'),
    { orAccepts: true },
  ],
  ['no-connection', 'no Connection', response().without('Connection')],
  ['connection-close', '"Connection: close"', response().with('Connection', 'close')],
  ['connection-similar', '"Connection: upgraded"', response().with('Connection', 'upgraded')],
  ['no-accept', 'no Sec-WebSocket-Accept', response().without('Sec-WebSocket-Accept')],
  ['accept-empty', 'an empty Sec-WebSocket-Accept', response().with('Sec-WebSocket-Accept', '')],
  [
    'accept-wrong',
    'the proof for another key',
    response().with('Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='),
  ],
  ['accept-key', 'the key itself as proof', response().with('Sec-WebSocket-Accept', '{key}')],
  [
    'accept-lower-case',
    'the proof in lower case',
    response().with('Sec-WebSocket-Accept', '{accept-lower-case}'),
  ],
  [
    'accept-shortened',
    'the proof without its last character',
    response().with('Sec-WebSocket-Accept', '{accept-shortened}'),
  ],
  ['accept-longer', 'the proof with a character more', response().with('Sec-WebSocket-Accept', '{accept}A')],
  ['accept-quoted', 'the proof in quotes', response().with('Sec-WebSocket-Accept', '"{accept}"')],
  [
    'protocol-unasked',
    'a subprotocol the client did not ask for',
    response().with('Sec-WebSocket-Protocol', 'unasked'),
  ],
  [
    'extension-unasked',
    'an extension the client did not ask for',
    response().with('Sec-WebSocket-Extensions', 'x-unasked'),
  ],
  [
    'extensions-malformed',
    'extensions that are no list',
    response().with('Sec-WebSocket-Extensions', '=;=,"'),
  ],
  // 11.3.3. The field "MUST NOT appear more than once in an HTTP response."
  [
    'accept-twice',
    'the proof twice',
    response().adding('Sec-WebSocket-Accept', '{accept}'),
    { orAccepts: true },
  ],
  ['http-0.9', 'HTTP/0.9', response().startLine('HTTP/0.9 101 Switching Protocols'), { orAccepts: true }],
  [
    'other-protocol',
    'a status line of another protocol',
    response().startLine('ICY 101 Switching Protocols'),
  ],
  ['garbage', 'words that are not HTTP', response().startLine('hello there, client')],
  ['status-1010', 'the status 1010', response().startLine('HTTP/1.1 1010 Switching Protocols')],
  [
    'no-colon',
    'a header line without a colon',
    response().startLine(`${switching}\r\nno colon here`),
    { orAccepts: true },
  ],
  ['space-before-colon', 'a space before a colon', response().adding('X-Spaced ', '1'), { orAccepts: true }],
  ['nul-in-value', 'NUL in a value', response().adding('X-Nul', 'a\0b'), { orAccepts: true }],
  ['10000-headers', '10 000 headers', addHeaders(10_000), { orAccepts: true }],
  [
    '1-MiB-header',
    'a header of 1 MiB',
    response().adding('X-Long', 'x'.repeat(1 << 20)),
    { orAccepts: true },
  ],
];

const refused: Case[] = bad.map(([name, words, head, options]) => ({
  id: `handshake.client-fails.${name}`,
  section,
  title: `fails on ${words}${options?.orAccepts ? ' (accepting is acceptable)' : ''}`,
  tests: 'client',
  response: clientRefuses(head, options ?? {}),
  play: [],
}));

const cutOff: Case[] = [0, 10, 40, -1].map((upTo) => ({
  id: `handshake.client-fails.cut-off-${upTo < 0 ? 'before-the-last-byte' : `after-${upTo}`}`,
  section,
  title: `fails when the connection ends ${upTo < 0 ? 'before the last byte' : `after ${upTo} bytes`} of the answer`,
  tests: 'client' as const,
  response: { ...clientRefuses(response()), upTo, end: true },
  play: [],
}));

/** RFC 6455 says nothing of these, and RFC 9112 leaves them to the client. */
const open: readonly [string, string, Head][] = [
  ['http-1.0', 'HTTP/1.0', response().startLine('HTTP/1.0 101 Switching Protocols')],
  ['line-feeds-only', 'lines that end with LF alone', response().lineEnd('\n')],
];

const informational: Case[] = open.map(([name, words, head]) => ({
  id: `handshake.client-open.${name}`,
  section,
  title: `accepts ${words}, or fails`,
  tests: 'client',
  informational: true,
  response: clientAnything(head),
  play: [],
}));

function addHeaders(count: number): Head {
  const lines = Array.from({ length: count }, (_, index) => `X-Header-${index}: x`);
  return response().startLine([switching, ...lines].join('\r\n'));
}

export const handshakeClient: readonly Case[] = [
  ...accepted,
  ...pieces,
  ...together,
  ...wrongStatus,
  ...refused,
  ...cutOff,
  ...informational,
];
