import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RejectionCode } from '../../../src/protocol/handshake/handshake-error.ts';
import { decodeLatin1 } from '../../../src/protocol/handshake/head-part.ts';
import type { HttpHead } from '../../../src/protocol/handshake/http-head.ts';
import { type HttpHeadOptions, HttpHeadParser } from '../../../src/protocol/handshake/http-head-parser.ts';
import { fc } from '../../fast-check.ts';

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** What a parser makes of the text, given in pieces that end at the places. */
function parse(
  kind: HttpHead['type'],
  text: string,
  { ends = [], ...options }: HttpHeadOptions & { ends?: number[] } = {},
) {
  const parser = new HttpHeadParser(kind, options);
  let used = 0;
  let start = 0;
  for (const end of [...ends, text.length]) {
    // A copy that is overwritten afterwards, as a socket's buffer may be.
    const chunk = bytes(text.slice(start, end));
    used += parser.receive(chunk);
    chunk.fill(0x58);
    start = end;
  }
  const { head, refusal } = parser;
  return { used, head: head && { ...head, headers: [...head.headers] }, refusal };
}

function refusalOf(text: string, options?: HttpHeadOptions, kind: HttpHead['type'] = 'request') {
  const { refusal, used } = parse(kind, text, options);
  return [refusal?.code, refusal?.status, used];
}

const chat =
  'GET /chat?x=1 HTTP/1.1\r\n' +
  'Host: server.example.com\r\n' +
  'Upgrade: websocket\r\n' +
  'Connection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
  'Origin: http://example.com\r\n' +
  'Sec-WebSocket-Protocol: chat, superchat\r\n' +
  'Sec-WebSocket-Version: 13\r\n' +
  '\r\n';

describe('request head', () => {
  it("is the RFC's, field by field (1.2)", () => {
    const { used, head } = parse('request', chat);
    assert.equal(used, chat.length);
    assert.deepEqual(head, {
      type: 'request',
      method: 'GET',
      target: '/chat?x=1',
      httpVersion: '1.1',
      headers: [
        ['host', 'server.example.com'],
        ['upgrade', 'websocket'],
        ['connection', 'Upgrade'],
        ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ['origin', 'http://example.com'],
        ['sec-websocket-protocol', 'chat, superchat'],
        ['sec-websocket-version', '13'],
      ],
    });
  });

  it('ends where the first frame begins', () => {
    const { used, head } = parse('request', `${chat}\x81\x80abcd`);
    assert.equal(used, chat.length);
    assert.equal(head?.type, 'request');
  });

  it('is frozen, and takes nothing more', () => {
    const parser = new HttpHeadParser('request');
    parser.receive(bytes(chat));
    assert.ok(Object.isFrozen(parser.head));
    assert.equal(parser.receive(bytes(chat)), 0);
  });

  it('is not there before its last byte', () => {
    const { head, refusal, used } = parse('request', chat.slice(0, -1));
    assert.deepEqual([head, refusal, used], [undefined, undefined, chat.length - 1]);
  });

  it('may follow one empty line, but not two (RFC 9112, 2.2)', () => {
    assert.equal(parse('request', `\r\n${chat}`).used, chat.length + 2);
    assert.deepEqual(refusalOf(`\r\n\r\n${chat}`), ['MALFORMED_HEAD', 400, 2]);
  });

  it('has names in lower case and values without the space around them', () => {
    const { head } = parse('request', 'GET / HTTP/1.1\r\nX-A:b\r\nx-B: \t c  d\t \r\nX-C:\r\nX-D:  \r\n\r\n');
    assert.deepEqual(head?.headers, [
      ['x-a', 'b'],
      ['x-b', 'c  d'],
      ['x-c', ''],
      ['x-d', ''],
    ]);
  });

  it('joins fields of one name, cookies by a semicolon (RFC 9110, 5.3)', () => {
    const { head } = parse(
      'request',
      'GET / HTTP/1.1\r\nA: 1\r\nCookie: a=b\r\nB: 2\r\na: 3\r\nCookie: c=d\r\n\r\n',
    );
    assert.deepEqual(head?.headers, [
      ['a', '1, 3'],
      ['cookie', 'a=b; c=d'],
      ['b', '2'],
    ]);
  });

  it('has fields of any name, looked up in any case', () => {
    const parser = new HttpHeadParser('request');
    parser.receive(bytes('GET / HTTP/1.1\r\n__proto__: a\r\nConstructor: b\r\n\r\n'));
    const { headers } = parser.head!;
    assert.equal(headers.get('__proto__'), 'a');
    assert.equal(headers.get('CONSTRUCTOR'), 'b');
    assert.equal(headers.get('toString'), undefined);
    assert.equal(headers.has('valueof'), false);
    assert.equal(headers.size, 2);
  });

  it('has bytes above 0x7F as one character each (RFC 9110, 5.5)', () => {
    const { head } = parse('request', 'GET / HTTP/1.1\r\na: \x80\xff\r\n\r\n');
    assert.deepEqual(head?.headers, [['a', '\x80\xff']]);
  });

  it('may ask with HTTP/1.0, which the handshake then refuses', () => {
    assert.equal(parse('request', 'GET / HTTP/1.0\r\n\r\n').head?.httpVersion, '1.0');
  });

  it('may have no field at all', () => {
    assert.deepEqual(parse('request', 'OPTIONS * HTTP/1.1\r\n\r\n').head?.headers, []);
  });
});

describe('request head is refused with 400 at the byte that breaks it:', () => {
  // The mark "!" stands before the first byte that is not taken, and is not part of the head.
  const rows: [name: string, text: string][] = [
    ['the first byte of a TLS handshake', '!\x16\x03\x01'],
    ['a version that is a letter', 'PRI * HTTP/!x'],
    ['a NUL before the method', '!\0GET'],
    ['an empty method', '! / HTTP/1.1'],
    ['a space before the method', '! GET / HTTP/1.1'],
    ['a LF before the method', '!\nGET'],
    ['a CR before the method that is no empty line', '\r!GET'],
    ['a method that is no token', 'G!(T /'],
    ['a line that is only a method', 'GET!\r\n'],
    ['an empty target', 'GET ! HTTP/1.1'],
    ['a tab between method and target', 'GET!\t/'],
    ['a NUL in the target', 'GET /!\0'],
    ['a fragment in the target (RFC 6455, 3)', 'GET /a!#b'],
    ['a byte above 0x7F in the target', 'GET /!\xe9'],
    ['a line without a version', 'GET /!\r\n'],
    ['a version in lower case', 'GET / !http/1.1'],
    ['another name than HTTP', 'GET / HTT!X/1.1'],
    ['a version without a digit', 'GET / HTTP/!.1'],
    ['a version without a point', 'GET / HTTP/1!1'],
    ['a version without a minor digit', 'GET / HTTP/1.!\r\n'],
    ['a version of three digits', 'GET / HTTP/1.1!1'],
    ['a space after the version', 'GET / HTTP/1.1! \r\n'],
    ['a bare LF after the version', 'GET / HTTP/1.1!\n'],
    ['a bare CR after the version', 'GET / HTTP/1.1\r!a'],
    ['a space before the first field (RFC 9112, 2.2)', 'GET / HTTP/1.1\r\n! a: b'],
    ['a folded field (RFC 9112, 5.2)', 'GET / HTTP/1.1\r\na: b\r\n! c'],
    ['a field folded with a tab (RFC 9112, 5.2)', 'GET / HTTP/1.1\r\na: b\r\n!\tc'],
    ['a space before the colon (RFC 9112, 5.1)', 'GET / HTTP/1.1\r\na! : b'],
    ['a tab before the colon (RFC 9112, 5.1)', 'GET / HTTP/1.1\r\na!\t: b'],
    ['a field without a name', 'GET / HTTP/1.1\r\n!: b'],
    ['a field without a colon', 'GET / HTTP/1.1\r\na!\r\n'],
    ['a name that is no token', 'GET / HTTP/1.1\r\na!(b'],
    ['a NUL in a name', 'GET / HTTP/1.1\r\na!\0'],
    ['a byte above 0x7F in a name', 'GET / HTTP/1.1\r\na!\xe9'],
    ['a NUL in a value', 'GET / HTTP/1.1\r\na: b!\0'],
    ['a DEL in a value', 'GET / HTTP/1.1\r\na: b!\x7f'],
    ['an escape character in a value', 'GET / HTTP/1.1\r\na: !\x1b'],
    ['a bare LF in a value', 'GET / HTTP/1.1\r\na: b!\nc: d'],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\na: b\r!c'],
    ['a CR twice', 'GET / HTTP/1.1\r\na: b\r!\r\n'],
    ['a bare LF as the empty line', 'GET / HTTP/1.1\r\n!\n'],
    ['a bare CR as the empty line', 'GET / HTTP/1.1\r\n\r!a'],
  ];
  for (const [name, text] of rows) {
    it(name, () => {
      const at = text.indexOf('!');
      const head = text.replace('!', '');
      assert.deepEqual(refusalOf(head), ['MALFORMED_HEAD', 400, at]);
      assert.equal(parse('request', head.slice(0, at)).refusal, undefined);
    });
  }

  for (const name of ['Host', 'Origin', 'Content-Length', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version']) {
    it(`a second ${name}`, () => {
      const head = `GET / HTTP/1.1\r\n${name}: 1\r\nA: b\r\n${name.toUpperCase()}`;
      assert.deepEqual(refusalOf(`${head}: 1\r\n\r\n`), ['DUPLICATE_HEADER', 400, head.length]);
    });
  }
});

describe('request head is refused', () => {
  it('with 505 for another major version (RFC 9110, 15.6.6)', () => {
    for (const digit of '0239') {
      assert.deepEqual(refusalOf(`GET / HTTP/${digit}.0\r\n`), ['HTTP_VERSION_UNSUPPORTED', 505, 11]);
    }
  });

  it('with 414 at the first byte of a target above maxTargetBytes', () => {
    const options = { maxTargetBytes: 4 };
    assert.equal(parse('request', 'GET /abc HTTP/1.1\r\n\r\n', options).head?.type, 'request');
    assert.deepEqual(refusalOf('GET /abcd', options), ['TARGET_TOO_LONG', 414, 8]);
    assert.deepEqual(refusalOf(`GET /${'a'.repeat(8192)}`), ['TARGET_TOO_LONG', 414, 4 + 8192]);
  });

  it('with 431 at the first byte above maxHeadBytes', () => {
    const options = { maxHeadBytes: chat.length };
    assert.equal(parse('request', chat, options).head?.type, 'request');
    const short = { maxHeadBytes: chat.length - 1 };
    assert.deepEqual(refusalOf(chat, short), ['HEAD_TOO_LONG', 431, chat.length - 1]);
    assert.equal(parse('request', chat.slice(0, -1), short).refusal, undefined);
    const long = `GET / HTTP/1.1\r\na: ${'b'.repeat(20_000)}`;
    assert.deepEqual(refusalOf(long), ['HEAD_TOO_LONG', 431, 16_384]);
  });

  it('with 431 at the first byte of a field above maxHeaders', () => {
    const fields = (count: number) => `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(count)}`;
    const options = { maxHeaders: 2 };
    assert.equal(parse('request', `${fields(2)}\r\n`, options).head?.type, 'request');
    assert.deepEqual(refusalOf(fields(3), options), ['TOO_MANY_HEADERS', 431, fields(2).length]);
    assert.equal(parse('request', `${fields(100)}\r\n`).head?.type, 'request');
    assert.deepEqual(refusalOf(fields(101)), ['TOO_MANY_HEADERS', 431, fields(100).length]);
  });

  it('once, and takes nothing more', () => {
    const parser = new HttpHeadParser('request');
    parser.receive(bytes('\0'));
    const { refusal } = parser;
    assert.equal(parser.receive(bytes(chat)), 0);
    assert.equal(parser.refusal, refusal);
    assert.equal(parser.head, undefined);
  });

  it('with a hint where a field is folded (RFC 9112, 5.2)', () => {
    const { refusal } = parse('request', 'GET / HTTP/1.1\r\na: b\r\n c');
    assert.equal(refusal?.body, 'A line of the head begins with a space. Write each field on one line.');
  });

  it('with a sentence that repeats no byte of it', () => {
    const { refusal } = parse('request', 'GET / HTTP/1.1\r\nCookie: secret\0');
    assert.equal(
      refusal?.body,
      'There is the byte 0x00 in the value of a field. Send a head as RFC 9112 describes it.',
    );
  });
});

const answer =
  'HTTP/1.1 101 Switching Protocols\r\n' +
  'Upgrade: websocket\r\n' +
  'Connection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n' +
  '\r\n';

describe('response head', () => {
  it("is the RFC's (1.2)", () => {
    assert.deepEqual(parse('response', `${answer}\x81\x00`), {
      used: answer.length,
      refusal: undefined,
      head: {
        type: 'response',
        httpVersion: '1.1',
        status: 101,
        reason: 'Switching Protocols',
        headers: [
          ['upgrade', 'websocket'],
          ['connection', 'Upgrade'],
          ['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
        ],
      },
    });
  });

  it('may have no reason, with or without the space before it (RFC 9112, 4)', () => {
    for (const line of ['HTTP/1.1 200 ', 'HTTP/1.1 200']) {
      const { head } = parse('response', `${line}\r\n\r\n`);
      assert.ok(head?.type === 'response');
      assert.deepEqual([head.status, head.reason], [200, '']);
    }
  });

  it('may have folded fields, whose lines are joined by a space (RFC 9112, 5.2)', () => {
    const text = 'HTTP/1.1 101 a\r\na: one\r\n two \r\n\t three\r\nb:\r\n four\r\na: five\r\n six\r\n\r\n';
    for (let end = 1; end < text.length; end += 1) {
      assert.deepEqual(parse('response', text, { ends: [end] }).head?.headers, [
        ['a', 'one two three, five six'],
        ['b', 'four'],
      ]);
    }
  });

  it('may have folded lines with nothing in them, which leave no space behind', () => {
    const text = 'HTTP/1.1 101 a\r\na: one\r\n \r\n \t\r\n two\r\n \r\n\r\n';
    assert.deepEqual(parse('response', text).head?.headers, [['a', 'one two']]);
  });

  for (const [name, text] of [
    ['an empty line before it', '!\r\nHTTP/1.1 101 a\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 10! a'],
    ['a status of four digits', 'HTTP/1.1 101!0 a'],
    ['a status below 100', 'HTTP/1.1 !010 a'],
    ['a sign in the status', 'HTTP/1.1 !+10 a'],
    ['two spaces before the status', 'HTTP/1.1 ! 101'],
    ['no space before the status', 'HTTP/1.1!101'],
    ['a bare LF after the reason', 'HTTP/1.1 101 a!\n'],
    ['a NUL in the reason', 'HTTP/1.1 101 a!\0'],
    ['a space before the first field', 'HTTP/1.1 101 a\r\n! a: b'],
    ['a NUL in a folded line', 'HTTP/1.1 101 a\r\na: b\r\n c!\0'],
  ] as const) {
    it(`is refused for ${name}`, () => {
      const refused = refusalOf(text.replace('!', ''), {}, 'response');
      assert.deepEqual(refused, ['MALFORMED_HEAD', 400, text.indexOf('!')]);
    });
  }

  for (const name of ['Sec-WebSocket-Accept', 'Sec-WebSocket-Protocol', 'Upgrade']) {
    it(`is refused for a second ${name} (RFC 6455, 11.3)`, () => {
      const [code] = refusalOf(`HTTP/1.1 101 a\r\n${name}: 1\r\n${name}: 1\r\n\r\n`, {}, 'response');
      assert.equal(code, 'DUPLICATE_HEADER' satisfies RejectionCode);
    });
  }

  it('may name several versions in several fields (RFC 6455, 4.4)', () => {
    const text = 'HTTP/1.1 400 a\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8, 7\r\n\r\n';
    assert.deepEqual(parse('response', text).head?.headers, [['sec-websocket-version', '13, 8, 7']]);
  });
});

describe('any chunking', () => {
  const broken = [
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\0\r\n\r\n',
    'GET / HTTP/2.0\r\n\r\n',
  ];
  const options = { maxHeadBytes: 250, maxTargetBytes: 9, maxHeaders: 7 };

  it('after every single byte gives the same head or refusal', () => {
    for (const text of [`${chat}rest`, `\r\n${chat}`, ...broken]) {
      const ends = Array.from(text, (_, index) => index);
      assert.deepEqual(parse('request', text, { ends }), parse('request', text));
      assert.deepEqual(parse('request', text, { ...options, ends }), parse('request', text, options));
    }
  });

  it('at any places gives the same head or refusal', () => {
    const text = fc.oneof(
      fc.constantFrom(`${chat}rest`, ...broken),
      fc
        .array(
          fc.constantFrom(
            'GET ',
            '/a',
            ' HTTP/1.1',
            '\r\n',
            'a',
            ':',
            ' ',
            'b',
            'Host: a\r\n',
            '\n',
            '\0',
            '\xff',
          ),
          {
            maxLength: 30,
          },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat(300), { maxLength: 20 }), fc.boolean(), (head, places, limited) => {
        const ends = places.filter((place) => place <= head.length).sort((a, b) => a - b);
        const limits = limited ? options : {};
        assert.deepEqual(parse('request', head, { ...limits, ends }), parse('request', head, limits));
      }),
      { numRuns: 500 },
    );
  });

  it('of any fields gives them back', () => {
    const name = fc.stringMatching(/^[a-z!#$%&'*+.^_`|~-][a-z0-9-]{0,8}$/);
    const value = fc.stringMatching(
      /^[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]{0,20}[\x21-\x7e\x80-\xff])?$/,
    );
    const fields = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 10 });
    fc.assert(
      fc.property(fields, fc.array(fc.nat(300), { maxLength: 8 }), (list, places) => {
        const text = `GET / HTTP/1.1\r\n${list.map(([key, content]) => `${key}: ${content}\r\n`).join('')}\r\n`;
        const ends = places.filter((place) => place <= text.length).sort((a, b) => a - b);
        assert.deepEqual(parse('request', text, { ends }).head?.headers, list);
      }),
    );
  });
});

/** Reads of bytes, and bytes made text or copied, that the parser needs for the text in chunks of one size. */
function countSteps(text: string, chunkBytes: number): number {
  let steps = 0;
  const parser = new HttpHeadParser('request', {
    maxHeadBytes: 1e6,
    maxHeaders: 1e6,
    maxTargetBytes: 1e6,
    decodeLatin1(source, start, end) {
      steps += end - start;
      return decodeLatin1(source, start, end);
    },
  });
  for (let start = 0; start < text.length; start += chunkBytes) {
    const chunk = bytes(text.slice(start, start + chunkBytes));
    const counted = new Proxy(chunk, {
      get(target, property) {
        if (typeof property === 'string' && property.charCodeAt(0) <= 0x39) steps += 1;
        if (property === 'subarray') {
          return (from: number, to: number) => {
            steps += to - from;
            return target.subarray(from, to);
          };
        }
        return Reflect.get(target, property, target);
      },
    });
    parser.receive(counted);
  }
  return steps;
}

describe('twice the head', () => {
  for (const [name, head] of Object.entries({
    'in one value': (size: number) => `GET / HTTP/1.1\r\na: ${'b'.repeat(size)}\r\n\r\n`,
    'in one name': (size: number) => `GET / HTTP/1.1\r\n${'b'.repeat(size)}: a\r\n\r\n`,
    'in the target': (size: number) => `GET /${'b'.repeat(size)} HTTP/1.1\r\n\r\n`,
    'in spaces': (size: number) => `GET / HTTP/1.1\r\na: ${' '.repeat(size)}\r\n\r\n`,
    'in fields of one name': (size: number) => `GET / HTTP/1.1\r\n${'a:b\r\n'.repeat(size / 5)}\r\n`,
    'in fields of many names': (size: number) =>
      `GET / HTTP/1.1\r\n${Array.from({ length: size / 8 }, (_, index) => `a${index}: b\r\n`).join('')}\r\n`,
  })) {
    for (const chunkBytes of [1, 100, 1e6]) {
      it(`${name}, ${chunkBytes} bytes a chunk, takes at most 2.2 times the steps`, () => {
        const once = countSteps(head(4000), chunkBytes);
        const twice = countSteps(head(8000), chunkBytes);
        assert.ok(once > 4000 && twice <= 2.2 * once, `${once} steps became ${twice}`);
      });
    }
  }
});
