import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../../src/protocol/errors.ts';
import {
  type Extension,
  parseExtensions,
  serializeExtensions,
} from '../../../src/protocol/extension/extension-header.ts';
import {
  acceptOffer,
  checkAnswer,
  createOffer,
  type PermessageDeflate,
  type PermessageDeflateOptions,
} from '../../../src/protocol/extension/permessage-deflate.ts';
import { HandshakeError } from '../../../src/protocol/handshake/handshake-error.ts';
import { fc } from '../../fast-check.ts';

function extensions(field: string): readonly Extension[] {
  const parsed = parseExtensions(field);
  assert.ok(Array.isArray(parsed));
  return parsed;
}

/** Answers the field with the field of the answer, or undefined for none. */
function answerTo(field: string, options?: PermessageDeflateOptions): string | undefined {
  const accepted = acceptOffer(extensions(field), options);
  return accepted && serializeExtensions([accepted.answer]);
}

const base = 'permessage-deflate';

describe('server answers permessage-deflate', () => {
  const rows: [section: string, offer: string, options: PermessageDeflateOptions, answer: string][] = [
    ['7.1', '', {}, ''],
    ['7.1.1.1', '; server_no_context_takeover', {}, '; server_no_context_takeover'],
    ['7.1.1.1', '', { serverNoContextTakeover: true }, '; server_no_context_takeover'],
    ['7.1.1.2', '; client_no_context_takeover', {}, '; client_no_context_takeover'],
    ['7.1.1.2', '', { clientNoContextTakeover: true }, '; client_no_context_takeover'],
    ['7.1.2.1', '; server_max_window_bits=10', {}, '; server_max_window_bits=10'],
    ['7.1.2.1', '; server_max_window_bits=8', {}, '; server_max_window_bits=8'],
    ['7.1.2.1', '; server_max_window_bits=15', {}, '; server_max_window_bits=15'],
    ['7.1.2.1', '; server_max_window_bits=12', { serverMaxWindowBits: 9 }, '; server_max_window_bits=9'],
    ['7.1.2.1', '; server_max_window_bits=9', { serverMaxWindowBits: 12 }, '; server_max_window_bits=9'],
    ['7.1.2.1', '', { serverMaxWindowBits: 12 }, '; server_max_window_bits=12'],
    ['7.1.2.2', '; client_max_window_bits', {}, ''],
    ['7.1.2.2', '; client_max_window_bits', { clientMaxWindowBits: 11 }, '; client_max_window_bits=11'],
    ['7.1.2.2', '; client_max_window_bits=10', {}, '; client_max_window_bits=10'],
    ['7.1.2.2', '; client_max_window_bits=15', {}, ''],
    ['7.1.2.2', '; client_max_window_bits=10', { clientMaxWindowBits: 9 }, '; client_max_window_bits=9'],
    ['7.1.2.2', '; client_max_window_bits=9', { clientMaxWindowBits: 10 }, '; client_max_window_bits=9'],
    ['5.2', '; server_max_window_bits="10"', {}, '; server_max_window_bits=10'],
  ];
  for (const [section, offer, options, answer] of rows) {
    it(`with "${base}${answer}" to "${base}${offer}", wanting ${JSON.stringify(options)} (${section})`, () => {
      assert.equal(answerTo(base + offer, options), base + answer);
    });
  }

  it('by the first offer that can be agreed to, in order (5.1)', () => {
    const field =
      'x, permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=9, permessage-deflate';
    assert.equal(answerTo(field), 'permessage-deflate; server_max_window_bits=9');
  });

  it("with the RFC's fallback when the first offer is declined (7.1.3)", () => {
    const field =
      'permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits';
    assert.equal(answerTo(field), 'permessage-deflate; server_max_window_bits=10');
  });

  it('with what both then hold to', () => {
    const accepted = acceptOffer(
      extensions(`${base}; server_no_context_takeover; client_max_window_bits; server_max_window_bits=12`),
      { clientMaxWindowBits: 10 },
    );
    assert.deepEqual(accepted?.agreed, {
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 12,
      clientMaxWindowBits: 10,
    });
  });
});

describe('server declines permessage-deflate', () => {
  for (const [section, parameters] of [
    ['7.1', 'unknown'],
    ['7.1', 'server_no_context_takeover; unknown=1'],
    ['7.1', 'Server_No_Context_Takeover'],
    ['7.1', '__proto__'],
    ['7.1', 'server_no_context_takeover; server_no_context_takeover'],
    ['7.1', 'client_no_context_takeover; client_no_context_takeover'],
    ['7.1', 'server_max_window_bits=10; server_max_window_bits=10'],
    ['7.1', 'client_max_window_bits; client_max_window_bits=10'],
    ['7.1.1.1', 'server_no_context_takeover=1'],
    ['7.1.1.1', 'server_no_context_takeover=true'],
    ['7.1.1.2', 'client_no_context_takeover=1'],
    ['7.1.2.1', 'server_max_window_bits'],
    ...['7', '16', '08', '0', '-8', '8.0', '1e1', '0x8', '+9', 'a', '99999999999999999999'].flatMap(
      (bits) => [
        ['7.1.2.1', `server_max_window_bits=${bits}`],
        ['7.1.2.2', `client_max_window_bits=${bits}`],
      ],
    ),
  ]) {
    it(`offered with "${parameters}" (${section})`, () => {
      assert.equal(answerTo(`${base}; ${parameters}`), undefined);
    });
  }

  it('offered by a client whose window cannot be limited, where it must be (7.1.2.2)', () => {
    assert.equal(answerTo(base, { clientMaxWindowBits: 14 }), undefined);
  });

  it('not offered, or under another name', () => {
    assert.equal(acceptOffer([]), undefined);
    assert.equal(answerTo('x-webkit-deflate-frame, Permessage-Deflate'), undefined);
  });

  it('never silently when the options are out of range', () => {
    for (const bits of [7, 16, 9.5, Number.NaN]) {
      assert.throws(() => acceptOffer([], { serverMaxWindowBits: bits }), UsageError);
      assert.throws(() => acceptOffer([], { clientMaxWindowBits: bits }), UsageError);
      assert.throws(() => createOffer({ clientMaxWindowBits: bits }), UsageError);
    }
  });
});

describe('client offers permessage-deflate', () => {
  for (const [options, offer] of [
    [{}, '; client_max_window_bits'],
    [{ clientMaxWindowBits: 10 }, '; client_max_window_bits=10'],
    [{ serverMaxWindowBits: 9 }, '; server_max_window_bits=9; client_max_window_bits'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
      '; server_no_context_takeover; client_no_context_takeover; client_max_window_bits',
    ],
  ] as const) {
    it(`as "${base}${offer}", wanting ${JSON.stringify(options)} (7.1)`, () => {
      assert.equal(serializeExtensions([createOffer(options)]), base + offer);
    });
  }
});

function check(answer: string, offer: string): PermessageDeflate | HandshakeError {
  return checkAnswer(extensions(base + answer)[0]!, extensions(base + offer)[0]!);
}

describe('client agrees to permessage-deflate', () => {
  const none = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const rows: [section: string, answer: string, offer: string, agreed: Partial<PermessageDeflate>][] = [
    ['7.1', '', '', {}],
    ['7.1.1.1', '; server_no_context_takeover', '', { serverNoContextTakeover: true }],
    ['7.1.1.2', '; client_no_context_takeover', '', { clientNoContextTakeover: true }],
    ['7.1.1.2', '', '; client_no_context_takeover', { clientNoContextTakeover: true }],
    ['7.1.2.1', '; server_max_window_bits=10', '', { serverMaxWindowBits: 10 }],
    ['7.1.2.1', '; server_max_window_bits=8', '; server_max_window_bits=10', { serverMaxWindowBits: 8 }],
    ['7.1.2.2', '; client_max_window_bits=8', '; client_max_window_bits', { clientMaxWindowBits: 8 }],
    ['7.1.2.2', '; client_max_window_bits=15', '; client_max_window_bits', {}],
    ['7.1.2.2', '; client_max_window_bits=9', '; client_max_window_bits=10', { clientMaxWindowBits: 9 }],
    ['7.1.2.2', '', '; client_max_window_bits=10', { clientMaxWindowBits: 10 }],
  ];
  for (const [section, answer, offer, agreed] of rows) {
    it(`answered "${base}${answer}" to "${base}${offer}" (${section})`, () => {
      assert.deepEqual(check(answer, offer), { ...none, ...agreed });
    });
  }
});

describe('client fails on permessage-deflate', () => {
  const rows: [section: string, answer: string, offer: string][] = [
    ['7.1', '; unknown', ''],
    ['7.1', '; server_no_context_takeover; server_no_context_takeover', ''],
    ['7.1', '; server_max_window_bits=9; server_max_window_bits=9', ''],
    ['7.1.1.1', '; server_no_context_takeover=1', ''],
    ['7.1.1.1', '', '; server_no_context_takeover'],
    ['7.1.1.2', '; client_no_context_takeover=1', ''],
    ['7.1.2.1', '; server_max_window_bits', ''],
    ['7.1.2.1', '; server_max_window_bits=7', ''],
    ['7.1.2.1', '; server_max_window_bits=16', ''],
    ['7.1.2.1', '; server_max_window_bits=08', ''],
    ['7.1.2.1', '', '; server_max_window_bits=10'],
    ['7.1.2.1', '; server_max_window_bits=11', '; server_max_window_bits=10'],
    ['7.1.2.2', '; client_max_window_bits', '; client_max_window_bits'],
    ['7.1.2.2', '; client_max_window_bits=7', '; client_max_window_bits'],
    ['7.1.2.2', '; client_max_window_bits=16', '; client_max_window_bits'],
    ['7.1.2.2', '; client_max_window_bits=10', ''],
    ['7.1.2.2', '; client_max_window_bits=11', '; client_max_window_bits=10'],
  ];
  for (const [section, answer, offer] of rows) {
    it(`answered "${base}${answer}" to "${base}${offer}" (${section})`, () => {
      const result = check(answer, offer);
      assert.ok(result instanceof HandshakeError);
      assert.equal(result.code, 'EXTENSION_PARAMETERS');
    });
  }

  it('answered under another name', () => {
    assert.ok(checkAnswer({ name: 'x', parameters: [] }, createOffer()) instanceof HandshakeError);
  });

  it('never for an offer that is none: that is the caller’s error', () => {
    assert.throws(() => checkAnswer(createOffer(), { name: 'x', parameters: [] }), UsageError);
    assert.throws(() => check('', '; unknown'), UsageError);
  });
});

describe('client and server', () => {
  const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined });
  const options = fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  });

  it('agree to the same parameters, within what each wants', () => {
    fc.assert(
      fc.property(options, options, (client, server) => {
        const offer = createOffer(client);
        const accepted = acceptOffer(extensions(serializeExtensions([offer])), server);
        assert.ok(accepted);
        const answer = extensions(serializeExtensions([accepted.answer]))[0]!;
        const agreed = accepted.agreed;
        assert.deepEqual(checkAnswer(answer, offer), agreed);
        for (const wanted of [client, server]) {
          assert.ok(agreed.serverMaxWindowBits <= (wanted.serverMaxWindowBits ?? 15));
          assert.ok(agreed.clientMaxWindowBits <= (wanted.clientMaxWindowBits ?? 15));
          assert.ok(agreed.serverNoContextTakeover || !wanted.serverNoContextTakeover);
          assert.ok(agreed.clientNoContextTakeover || !wanted.clientNoContextTakeover);
        }
      }),
    );
  });
});
