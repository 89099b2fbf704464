// Sec-WebSocket-Extensions, and what is agreed on permessage-deflate, on both sides.

import {
  type Extension,
  parseExtensions,
  serializeExtensions,
} from '../../../src/protocol/extension/extension-header.ts';
import {
  acceptOffer,
  checkAnswer,
  createOffer,
  permessageDeflate,
} from '../../../src/protocol/extension/permessage-deflate.ts';
import { Malformed } from '../../../src/protocol/handshake/field-reader.ts';
import { HandshakeError } from '../../../src/protocol/handshake/handshake-error.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { randomOf } from '../input-chunks.ts';
import { extensionValues } from './head-grammar.ts';

const names = ['permessage-deflate', 'PERMESSAGE-DEFLATE', 'x', '__proto__'];
const parameters = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
  'constructor',
];
const values = ['8', '9', '15', '16', '7', '08', '+9', '1e1', '"10"', '"1\\0"', '" "', '', 'x', '９'];

export const extensionHeaderTarget: FuzzTarget = {
  name: 'extension-header',
  promise:
    'read and written, it stays the same; a server agrees only to what the offering client accepts; bounded',
  words: [...names, ...parameters, ...values, ';', ',', '=', '"', '\\', ' ', '\t'],

  generate(random) {
    if (random.chance(0.3)) return Buffer.from(random.pick(extensionValues), 'latin1');
    const list = Array.from({ length: random.integer(1, random.chance(0.1) ? 20 : 3) }, () => {
      let text = random.pick(names);
      for (let count = random.integer(0, random.chance(0.1) ? 20 : 4); count > 0; count -= 1) {
        text += `;${random.pick(['', ' ', '\t '])}${random.pick(parameters)}`;
        if (random.chance(0.6)) text += `=${random.pick(values)}`;
      }
      return text;
    });
    return Buffer.from(list.join(random.pick([',', ', ', ' , ,'])), 'latin1');
  },

  run(input) {
    const parsed = parseExtensions(Buffer.from(input).toString('latin1'));
    if (parsed instanceof Malformed) return `malformed ${parsed.reason.slice(0, 10)}`;
    promise(parsed.length > 0 && parsed.length <= 16, `${parsed.length} extensions`);
    promise(
      parsed.every((extension) => extension.parameters.length <= 16),
      'too many parameters',
    );
    const again = parseExtensions(serializeExtensions(parsed));
    promise(JSON.stringify(again) === JSON.stringify(parsed), 'written and read, it is another');

    const random = randomOf(input);
    const bits = (): number | undefined => (random.chance(0.5) ? undefined : random.integer(8, 15));
    const options = {
      serverMaxWindowBits: bits(),
      clientMaxWindowBits: bits(),
      serverNoContextTakeover: random.chance(0.5),
    };
    const accepted = acceptOffer(parsed, options);
    if (accepted !== undefined) checkAccepted(parsed, accepted.answer, JSON.stringify(accepted.agreed));
    return `${accepted?.answer.parameters.length} ${judgeAsAnswer(parsed[0] as Extension)}`;
  },
};

/** One of the offers must be such that its client takes the answer, and means the same by it. */
function checkAccepted(offers: readonly Extension[], answer: Extension, agreed: string): void {
  const means = offers.map((offer) => {
    if (offer.name !== permessageDeflate) return 'another extension';
    try {
      const meant = checkAnswer(answer, offer);
      return meant instanceof HandshakeError ? meant.message : JSON.stringify(meant);
    } catch (error) {
      return (error as Error).message;
    }
  });
  // What the client means by it may bind the client more than the server knows: that it empties its own window.
  const same = means.some((meant) => meant === agreed);
  promise(same, () => `agreed to ${agreed}, which no client means: ${means.join(' | ')}`);
}

/** The same text as a server's answer to what our client offers. */
function judgeAsAnswer(answer: Extension): string {
  const offer = createOffer({ serverMaxWindowBits: 12 });
  const outcome = checkAnswer(answer, offer);
  if (outcome instanceof HandshakeError) return outcome.message.slice(-30);
  promise(
    outcome.serverMaxWindowBits >= 8 && outcome.serverMaxWindowBits <= 12,
    'a larger window than offered',
  );
  promise(outcome.clientMaxWindowBits >= 8 && outcome.clientMaxWindowBits <= 15, 'a window that is none');
  return 'agreed';
}
