import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/errors.ts';
import {
  type Agreement,
  checkUpgradeResponse,
  type ExpectedAnswer,
  requestHeaders,
} from '../../../src/protocol/handshake/client-handshake.ts';
import { HandshakeError, type HandshakeErrorCode } from '../../../src/protocol/handshake/handshake-error.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const deflate = { name: 'permessage-deflate', parameters: [] };

const offer: ExpectedAnswer = { accept, protocols: ['chat', 'superchat'], extensions: [deflate] };

type Change = { status?: number } & { [field: string]: string | undefined | number };

/** Checks the RFC's answer with some of its parts replaced; undefined takes a field away. */
function check(change: Change = {}, expected: ExpectedAnswer = offer): Agreement | HandshakeError {
  const { status = 101, ...fields } = change;
  const headers = new Map<string, string>();
  const answer = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': accept, ...fields };
  for (const [name, value] of Object.entries(answer)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  return checkUpgradeResponse({ status, headers }, expected);
}

describe('client request', () => {
  it('has the fields of section 4.1, items 5 to 9', () => {
    assert.deepEqual(requestHeaders({ key }), [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key],
      ['Sec-WebSocket-Version', '13'],
    ]);
  });

  it('lists its offers (4.1, items 10 and 11)', () => {
    assert.deepEqual(requestHeaders({ key, protocols: ['a', 'b'], extensions: [deflate] }).slice(4), [
      ['Sec-WebSocket-Protocol', 'a, b'],
      ['Sec-WebSocket-Extensions', 'permessage-deflate'],
    ]);
  });

  it('is not made of a key that is not 16 bytes in base64 (4.1, item 7)', () => {
    assert.throws(() => requestHeaders({ key: 'AAAA' }), UsageError);
  });

  it('is not made of subprotocols that are no tokens or are repeated (4.1, item 10)', () => {
    assert.throws(() => requestHeaders({ key, protocols: ['a b'] }), UsageError);
    assert.throws(() => requestHeaders({ key, protocols: ['a', 'a'] }), UsageError);
  });
});

describe('client accepts', () => {
  it("the RFC's answer (1.2)", () => {
    assert.deepEqual(check({ 'sec-websocket-protocol': 'chat' }), { protocol: 'chat', extensions: [] });
  });

  it('Upgrade in any case and with space around it (4.1, item 2)', () => {
    assert.ok(!(check({ upgrade: ' WebSocket\t' }) instanceof HandshakeError));
  });

  it('Connection in any case and in a list (4.1, item 3)', () => {
    assert.ok(!(check({ connection: 'keep-alive, upgrade' }) instanceof HandshakeError));
  });

  it('Sec-WebSocket-Accept with space around it (4.1, item 4)', () => {
    assert.ok(!(check({ 'sec-websocket-accept': ` ${accept} ` }) instanceof HandshakeError));
  });

  it('an offered extension, with its parameters (4.1, item 5)', () => {
    assert.deepEqual(check({ 'sec-websocket-extensions': 'permessage-deflate; a=1' }), {
      protocol: '',
      extensions: [{ name: 'permessage-deflate', parameters: [{ name: 'a', value: '1' }] }],
    });
  });

  it('an answer that chooses no subprotocol (4.2.2, item 5.5)', () => {
    assert.deepEqual(check(), { protocol: '', extensions: [] });
  });

  it('no choice of subprotocol where one is required, unless none was offered', () => {
    const result = check({}, { ...offer, requireProtocol: true });
    assert.equal((result as HandshakeError).code, 'PROTOCOL_NOT_CHOSEN');
    assert.ok(!(check({}, { accept, requireProtocol: true }) instanceof HandshakeError));
  });
});

describe('client fails on', () => {
  const rows: [name: string, change: Change, code: HandshakeErrorCode][] = [
    ['status 200 (4.1, item 1)', { status: 200 }, 'UNEXPECTED_STATUS'],
    ['status 401 (4.1, item 1)', { status: 401 }, 'UNEXPECTED_STATUS'],
    ['status 100 (4.1, item 1)', { status: 100 }, 'UNEXPECTED_STATUS'],
    ['a missing Upgrade (4.1, item 2)', { upgrade: undefined }, 'UPGRADE_MISMATCH'],
    ['another Upgrade (4.1, item 2)', { upgrade: 'h2c' }, 'UPGRADE_MISMATCH'],
    ['an Upgrade with more than websocket (4.1, item 2)', { upgrade: 'websocket, h2c' }, 'UPGRADE_MISMATCH'],
    ['a missing Connection (4.1, item 3)', { connection: undefined }, 'CONNECTION_MISMATCH'],
    ['another Connection (4.1, item 3)', { connection: 'close' }, 'CONNECTION_MISMATCH'],
    ['a missing Accept (4.1, item 4)', { 'sec-websocket-accept': undefined }, 'ACCEPT_MISMATCH'],
    ['another Accept (4.1, item 4)', { 'sec-websocket-accept': key }, 'ACCEPT_MISMATCH'],
    [
      'an Accept in another case (4.1, item 4)',
      { 'sec-websocket-accept': accept.toLowerCase() },
      'ACCEPT_MISMATCH',
    ],
    ['two Accepts (11.3.3)', { 'sec-websocket-accept': `${accept}, ${accept}` }, 'ACCEPT_MISMATCH'],
    ['an extension not offered (4.1, item 5)', { 'sec-websocket-extensions': 'x' }, 'EXTENSION_NOT_OFFERED'],
    [
      'an extension not offered beside one that was (4.1, item 5)',
      { 'sec-websocket-extensions': 'permessage-deflate, x' },
      'EXTENSION_NOT_OFFERED',
    ],
    [
      'an extension twice (4.1, item 5)',
      { 'sec-websocket-extensions': 'permessage-deflate, permessage-deflate' },
      'EXTENSION_NOT_OFFERED',
    ],
    ['extensions that cannot be read (9.1)', { 'sec-websocket-extensions': 'x;' }, 'EXTENSIONS_MALFORMED'],
    ['an empty list of extensions (9.1)', { 'sec-websocket-extensions': '' }, 'EXTENSIONS_MALFORMED'],
    ['a subprotocol not offered (4.1, item 6)', { 'sec-websocket-protocol': 'x' }, 'PROTOCOL_NOT_OFFERED'],
    [
      'a subprotocol in another case (4.1, item 6)',
      { 'sec-websocket-protocol': 'Chat' },
      'PROTOCOL_NOT_OFFERED',
    ],
    [
      'two subprotocols (4.1, item 6; 11.3.4)',
      { 'sec-websocket-protocol': 'chat, superchat' },
      'PROTOCOL_NOT_OFFERED',
    ],
    ['an empty subprotocol (4.1, item 6)', { 'sec-websocket-protocol': '' }, 'PROTOCOL_NOT_OFFERED'],
  ];

  for (const [name, change, code] of rows) {
    it(name, () => {
      const result = check(change);
      assert.ok(result instanceof HandshakeError);
      assert.equal(result.code, code);
    });
  }

  it('any subprotocol when none was offered (4.1, item 6)', () => {
    const result = check({ 'sec-websocket-protocol': 'chat' }, { accept });
    assert.equal((result as HandshakeError).code, 'PROTOCOL_NOT_OFFERED');
  });

  it('an unexpected status with that status and the section in the error', () => {
    const error = check({ status: 503 }) as HandshakeError;
    assert.equal(error.status, 503);
    assert.match(error.message, /503.*RFC 6455, section 4\.1, item 1/);
  });
});
