import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/errors.ts';
import {
  serializeRejection,
  serializeUpgradeResponse,
} from '../../../src/protocol/handshake/server-answer.ts';

const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const request = {
  protocols: ['chat', 'superchat'],
  extensions: [{ name: 'permessage-deflate', parameters: [] }],
};

function rejectionText(...parameters: Parameters<typeof serializeRejection>): string {
  return Buffer.from(serializeRejection(...parameters)).toString('latin1');
}

describe('101 answer', () => {
  it('is the status line and three fields when nothing is agreed (4.2.2, item 5)', () => {
    assert.equal(
      serializeUpgradeResponse({ request, accept }),
      'HTTP/1.1 101 Switching Protocols\r\n' +
        'Upgrade: websocket\r\n' +
        'Connection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n' +
        '\r\n',
    );
  });

  it('names what is agreed, then the fields of the caller (4.2.2, items 5.5 and 5.6)', () => {
    const text = serializeUpgradeResponse({
      request,
      accept,
      protocol: 'superchat',
      extensions: [
        { name: 'permessage-deflate', parameters: [{ name: 'server_max_window_bits', value: '10' }] },
      ],
      headers: [
        ['Set-Cookie', 'a=b'],
        ['Set-Cookie', 'c=d'],
      ],
    });
    assert.deepEqual(text.split('\r\n').slice(4), [
      'Sec-WebSocket-Protocol: superchat',
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10',
      'Set-Cookie: a=b',
      'Set-Cookie: c=d',
      '',
      '',
    ]);
  });

  it('is not written with a subprotocol that was not offered (4.2.2, item 5.5)', () => {
    for (const protocol of ['other', 'Chat', 'chat, superchat']) {
      assert.throws(() => serializeUpgradeResponse({ request, accept, protocol }), UsageError);
    }
  });

  it('is not written with an extension that was not offered (4.2.2, item 5.6)', () => {
    const extensions = [{ name: 'other', parameters: [] }];
    assert.throws(() => serializeUpgradeResponse({ request, accept, extensions }), UsageError);
  });

  for (const name of [
    'Upgrade',
    'connection',
    'Sec-WebSocket-Accept',
    'sec-websocket-protocol',
    'SEC-WEBSOCKET-EXTENSIONS',
    'Content-Length',
    'Transfer-Encoding',
  ]) {
    it(`leaves ${name} to the handshake`, () => {
      assert.throws(() => serializeUpgradeResponse({ request, accept, headers: [[name, 'x']] }), UsageError);
    });
  }
});

describe('a field of a caller', () => {
  const answers = {
    'a 101 answer': (name: string, value: string) =>
      serializeUpgradeResponse({ request, accept, headers: [[name, value]] }),
    'a refusal': (name: string, value: string) => serializeRejection(400, [[name, value]]),
  };
  for (const [answer, write] of Object.entries(answers)) {
    for (const character of ['\r', '\n', '\0', '\x7f', '\u010a', '\u2028', '\ud83d']) {
      it(`is not written into ${answer} with ${JSON.stringify(character)} in it`, () => {
        assert.throws(() => write('X-Field', `a${character}b`), UsageError);
        assert.throws(() => write(`X-Field${character}`, 'a'), UsageError);
      });
    }
    it(`is not written into ${answer} with a name that is no token`, () => {
      for (const name of ['', 'a b', 'a:', '(a)']) assert.throws(() => write(name, 'x'), UsageError);
    });
    it(`keeps its value out of the error when ${answer} cannot hold it`, () => {
      assert.throws(
        () => write('Set-Cookie', 'secret\n'),
        (error: Error) => error.message.includes('Set-Cookie') && !error.message.includes('secret'),
      );
    });
  }
});

describe('refusal', () => {
  it('is an answer with a length that closes the connection', () => {
    assert.equal(
      rejectionText(401, [['WWW-Authenticate', 'Basic']], 'say who you are'),
      'HTTP/1.1 401 Unauthorized\r\n' +
        'Connection: close\r\n' +
        'Content-Length: 15\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'WWW-Authenticate: Basic\r\n' +
        '\r\n' +
        'say who you are',
    );
  });

  it('may have no fields, no body and a status without a known reason', () => {
    assert.equal(rejectionText(599), 'HTTP/1.1 599 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  it('counts the bytes of its body, not the characters', () => {
    const text = rejectionText(400, [], 'é€😀');
    assert.ok(text.includes('Content-Length: 9\r\n'));
    assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, 9);
  });

  it('takes a body of bytes and its type', () => {
    const text = rejectionText(400, [['content-type', 'application/json']], new TextEncoder().encode('{}'));
    assert.ok(text.endsWith('Content-Length: 2\r\ncontent-type: application/json\r\n\r\n{}'), text);
  });

  it('names Upgrade in Connection where it has that field (RFC 9110, 7.8)', () => {
    assert.ok(rejectionText(426, [['Upgrade', 'websocket']]).includes('\r\nConnection: close, Upgrade\r\n'));
  });

  it('writes each byte of an obs-text value as one byte', () => {
    assert.ok(rejectionText(400, [['X-Field', '\xff']]).includes('X-Field: \xff\r\n'));
  });

  for (const name of ['Connection', 'content-length', 'Transfer-Encoding']) {
    it(`writes ${name} itself`, () => {
      assert.throws(() => serializeRejection(400, [[name, 'x']]), UsageError);
    });
  }

  for (const status of [0, 101, 200, 204, 299, 304, 600, 400.5, Number.NaN]) {
    it(`cannot have the status ${status}`, () => {
      assert.throws(() => serializeRejection(status), UsageError);
    });
  }
});
