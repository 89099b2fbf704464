// Negotiating permessage-deflate: offers a server must decline, and answers upon which a client must fail (RFC 7692, 5 and 7.1).

import type { Case } from '../script/case.ts';
import { clientAccepts, clientRefuses, negotiates, request, response } from '../script/opening.ts';
import { expect, send } from '../script/steps.ts';
import type { DeflateParameters } from '../wire/deflate.ts';
import { frame } from '../wire/frame.ts';

const section = 'RFC 7692, 7.1';
const header = 'Sec-WebSocket-Extensions';
const echo = [send(frame.text('Hello')), expect.text('Hello')];

/** What is wrong in an offer and in an answer alike. */
const invalid: readonly [string, string][] = [
  ['unknown-parameter', 'permessage-deflate; x_unknown'],
  ['unknown-parameter-with-value', 'permessage-deflate; x_unknown=1'],
  ['proto', 'permessage-deflate; __proto__'],
  ['constructor', 'permessage-deflate; constructor=1'],
  ['server-takeover-with-value', 'permessage-deflate; server_no_context_takeover=1'],
  ['client-takeover-with-value', 'permessage-deflate; client_no_context_takeover=true'],
  ['server-takeover-twice', 'permessage-deflate; server_no_context_takeover; server_no_context_takeover'],
  ['client-takeover-twice', 'permessage-deflate; client_no_context_takeover; client_no_context_takeover'],
  ['server-bits-twice', 'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10'],
  ['client-bits-twice', 'permessage-deflate; client_max_window_bits=10; client_max_window_bits=10'],
  ['server-bits-without-value', 'permessage-deflate; server_max_window_bits'],
  ...['7', '16', '0', '-9', '+9', '09', '9.0', '0x9', '1e1', 'ten', '100', '"7"'].flatMap(
    (value): [string, string][] => [
      [`server-bits-${value.replaceAll('"', 'q')}`, `permessage-deflate; server_max_window_bits=${value}`],
      [`client-bits-${value.replaceAll('"', 'q')}`, `permessage-deflate; client_max_window_bits=${value}`],
    ],
  ),
];

const declines: Case[] = invalid.map(([name, offer]) => ({
  id: `deflate-negotiation.declines.${name}`,
  section,
  title: `declines the offer "${offer}", or the handshake`,
  tests: 'server',
  needs: 'permessage-deflate',
  request: negotiates('declined', request().with(header, offer)),
  play: echo,
}));

/** Offers of which at least one is valid; the answer may follow any of the valid ones, or decline. */
const offers: readonly [string, string[], DeflateParameters[], { unclear: boolean }?][] = [
  ['plain', ['permessage-deflate'], [{}]],
  // Nothing says whether names of extensions are compared in any case.
  ['upper-case', ['Permessage-Deflate'], [{}], { unclear: true }],
  ['quoted-value', ['permessage-deflate; client_max_window_bits="10"'], [{ clientMaxWindowBits: 10 }]],
  ['spaces', ['permessage-deflate ;  client_max_window_bits=10'], [{ clientMaxWindowBits: 10 }]],
  ['trailing-comma', ['permessage-deflate,'], [{}]],
  ['no-spaces', ['permessage-deflate;client_max_window_bits=10'], [{ clientMaxWindowBits: 10 }]],
  ['unknown-extension-first', ['x-unknown; a=1, permessage-deflate'], [{}]],
  ['unknown-extension-last', ['permessage-deflate, x-unknown'], [{}]],
  ['unknown-quoted', ['x-unknown; a="1", permessage-deflate'], [{}]],
  [
    'first-of-two',
    ['permessage-deflate; server_max_window_bits=10, permessage-deflate'],
    [{ serverMaxWindowBits: 10 }, {}],
  ],
  ['invalid-then-valid', ['permessage-deflate; x_unknown, permessage-deflate'], [{}]],
  [
    'invalid-bits-then-valid',
    ['permessage-deflate; server_max_window_bits=99, permessage-deflate; client_max_window_bits'],
    [{ clientMaxWindowBits: true }],
  ],
  [
    'two-headers',
    ['permessage-deflate; server_max_window_bits=10', 'permessage-deflate'],
    [{ serverMaxWindowBits: 10 }, {}],
  ],
  ['many', [Array<string>(12).fill('permessage-deflate').join(', ')], [{}]],
];

const answers: Case[] = offers.map(([name, lines, valid, options]) => ({
  id: `deflate-negotiation.offers.${name}`,
  section: 'RFC 7692, 5.1',
  title: `answers "${lines.join('" and "').slice(0, 90)}" within what is offered, or declines`,
  tests: 'server',
  needs: 'permessage-deflate',
  request: negotiates(
    valid,
    lines.reduce((head, line) => head.adding(header, line), request()),
    options,
  ),
  play: echo,
}));

/** Lists that are not the grammar of 9.1. */
const malformed: readonly [string, string][] = [
  ['quoted-no-token', 'x-unknown; a="1, 2; 3", permessage-deflate'],
  ['only-comma', ','],
  ['only-semicolon', ';'],
  ['empty-parameter', 'permessage-deflate;'],
  ['equals-only', 'permessage-deflate; ='],
  ['value-without-name', 'permessage-deflate; =10'],
  ['name-without-value', 'permessage-deflate; client_max_window_bits='],
  ['empty-quotes', 'permessage-deflate; server_max_window_bits=""'],
  ['open-quote', 'permessage-deflate; client_max_window_bits="10'],
  ['space-inside', 'permessage deflate'],
  ['slash', 'permessage/deflate'],
  ['control-character', 'permessage-deflate\u0001'],
];

const survives: Case[] = malformed.map(([name, value]) => ({
  id: `deflate-negotiation.malformed.${name}`,
  section: 'RFC 6455, 9.1',
  title: `refuses a handshake with the extensions "${value}" (overlooking them is acceptable)`,
  tests: 'server',
  request: negotiates('declined', request().with(header, value), { malformed: true }),
  play: echo,
}));

const clientFails: Case[] = [
  ...invalid.filter(([name]) => !name.startsWith('client-bits')),
  ...invalid.filter(([name]) => name.startsWith('client-bits')),
  ['client-bits-without-value', 'permessage-deflate; client_max_window_bits'] as const,
  ['twice', 'permessage-deflate, permessage-deflate'] as const,
  ['unknown-extension', 'x-unknown'] as const,
  ['unknown-beside', 'permessage-deflate, x-unknown'] as const,
  ['old-name', 'x-webkit-deflate-frame'] as const,
  ['trailing-text', 'permessage-deflate; server_no_context_takeover garbage'] as const,
].map(([name, answer]) => ({
  id: `deflate-negotiation.client-fails.${name}`,
  section,
  title: `fails when the server answers "${answer}"`,
  tests: 'client' as const,
  response: clientRefuses(response().with(header, answer)),
  play: [],
}));

const clientWithout: Case = {
  id: 'deflate-negotiation.client-accepts.decline',
  section: 'RFC 7692, 5.1',
  title: 'goes on without compression when the server answers no extension',
  tests: 'client',
  response: clientAccepts(response()),
  play: echo,
};

export const deflateNegotiation: readonly Case[] = [
  ...answers,
  ...declines,
  ...survives,
  clientWithout,
  ...clientFails,
];
