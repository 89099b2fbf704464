// Judges opening handshakes: what a server answered to the suite, and how a client took the suite's answer.

import { checkAnswer, type DeflateParameters, parseDeflate } from '../wire/deflate.ts';
import { type HeadResult, hasToken, headerOf, type ReceivedHead } from '../wire/http-head.ts';
import { acceptFor, type Negotiation, type ServerOpening } from './opening.ts';
import { acceptable, failed, informational, type Outcome, skipped, strict } from './verdict.ts';

export interface Opened {
  readonly outcome: Outcome;
  /** Whether the connection is open, so that the case can be played. */
  readonly open: boolean;
  readonly deflate: DeflateParameters | undefined;
}

const notOpen = (outcome: Outcome): Opened => ({ outcome, open: false, deflate: undefined });

/** A plain handshake of the suite: anything but a correct 101 fails the case. */
export function judgeAcceptance(
  result: HeadResult,
  key: string,
  offer: DeflateParameters | undefined,
): Opened {
  const head = requireHead(result);
  if (typeof head === 'string') return notOpen(failed(head));
  if (head.status !== 101) return notOpen(failed(`the server answered ${head.startLine} (4.2.2)`));
  const wrong = whatIsWrongWith101(head, key);
  if (wrong !== undefined) return notOpen(failed(wrong));
  return judgeExtensions(headerOf(head, 'sec-websocket-extensions'), offer);
}

/** The extensions a server answered with, against what the suite offered. */
export function judgeExtensions(answer: string | undefined, offer: DeflateParameters | undefined): Opened {
  if (offer === undefined) {
    if (answer === undefined) return { outcome: strict, open: true, deflate: undefined };
    return notOpen(failed(`the server chose extensions nobody offered: ${answer} (4.1)`));
  }
  if (answer === undefined) return notOpen(skipped('the server declines these parameters'));
  const agreed = parseDeflate(answer);
  if (typeof agreed === 'string') return notOpen(failed(`in the server's answer ${agreed} (RFC 7692, 7.1)`));
  if (agreed.length !== 1) return notOpen(failed(`the server answered: ${answer} (RFC 7692, 5)`));
  const wrong = checkAnswer(offer, agreed[0]!);
  if (wrong !== undefined) return notOpen(failed(`${wrong}: ${answer}`));
  return { outcome: strict, open: true, deflate: agreed[0] };
}

/** A handshake that a case wrote itself. */
export function judgeOpening(result: HeadResult, key: string, opening: ServerOpening): Opened {
  if (opening.negotiation !== undefined) return judgeNegotiation(result, key, opening.negotiation);
  if (opening.expect === 'accepted') {
    if (opening.orRefuses && result.type === 'head' && result.status >= 400)
      return notOpen(acceptable(`${result.startLine}: the handshake is refused`));
    return judgeAcceptance(result, key, undefined);
  }
  if (opening.expect === 'anything') {
    if (result.type === 'head' && result.status === 101) {
      return { outcome: informational('accepted'), open: true, deflate: undefined };
    }
    return notOpen(informational(result.type === 'head' ? result.startLine : describeNoHead(result)));
  }
  return judgeRefusal(result, opening);
}

/** A list of offers, valid or not: declining all is always right, agreeing only within a valid one. */
function judgeNegotiation(
  result: HeadResult,
  key: string,
  { offers, malformed, unclear }: Negotiation,
): Opened {
  if (result.type === 'head' && result.status >= 400) {
    return notOpen(malformed ? strict : acceptable(`${result.startLine}: the whole handshake is refused`));
  }
  const head = requireHead(result);
  if (typeof head === 'string') return notOpen(failed(head));
  if (head.status !== 101) return notOpen(failed(`the server answered ${head.startLine} (4.2.2)`));
  const wrong = whatIsWrongWith101(head, key);
  if (wrong !== undefined) return notOpen(failed(wrong));
  const answer = headerOf(head, 'sec-websocket-extensions');
  if (answer === undefined) {
    return {
      outcome: judgeDecline(offers.length > 0 && !unclear, malformed),
      open: true,
      deflate: undefined,
    };
  }
  const agreed = parseDeflate(answer);
  if (typeof agreed === 'string') return notOpen(failed(`in the server's answer ${agreed} (RFC 7692, 7.1)`));
  if (agreed.length !== 1) return notOpen(failed(`the server answered: ${answer} (RFC 7692, 5)`));
  const fits = offers.some((offer) => checkAnswer(offer, agreed[0]!) === undefined);
  if (!fits && !malformed) return notOpen(failed(`the server answered an offer it must decline: ${answer}`));
  return {
    outcome: fits ? strict : acceptable(`the server answered ${answer}`),
    open: true,
    deflate: agreed[0],
  };
}

function judgeDecline(valid: boolean, malformed: boolean): Outcome {
  if (valid) return informational('the server declines a valid offer');
  return malformed ? acceptable('the server overlooks the malformed header') : strict;
}

function judgeRefusal(result: HeadResult, { statuses, options, upTo }: ServerOpening): Opened {
  if (result.type === 'deadline') {
    if (options.orWaits) return notOpen(acceptable('the server waits'));
    return notOpen(failed('the server neither refused nor closed before the deadline'));
  }
  if (result.type === 'ended') {
    // A request that never was complete needs no answer.
    if (upTo !== undefined) return notOpen(strict);
    return notOpen(acceptable('the server closed the connection without an answer'));
  }
  if (result.status === 101) {
    if (!options.orAccepts) return notOpen(failed('the server accepted the handshake'));
    return { outcome: acceptable('the server accepted the handshake'), open: true, deflate: undefined };
  }
  const { header } = options;
  if (header !== undefined && !(headerOf(result, header.name) ?? '').includes(header.contains)) {
    return notOpen(acceptable(`${result.startLine} without ${header.name}: ${header.contains}`));
  }
  if (options.anyStatus || statuses.includes(result.status)) return notOpen(strict);
  if (result.status >= 300) {
    return notOpen(acceptable(`${result.startLine} instead of ${statuses.join(' or ')}`));
  }
  return notOpen(failed(`the server answered ${result.startLine}`));
}

function requireHead(result: HeadResult): ReceivedHead | string {
  return result.type === 'head' ? result : `${describeNoHead(result)} (4.2.2)`;
}

function describeNoHead(result: Exclude<HeadResult, ReceivedHead>): string {
  if (result.type === 'deadline') return 'no answer to the opening handshake before the deadline';
  return `the connection ${result.reset ? 'was reset' : 'ended'} during the opening handshake`;
}

// 4.1, the client's list of what it must verify in the answer.
function whatIsWrongWith101(head: ReceivedHead, key: string): string | undefined {
  if (headerOf(head, 'upgrade')?.toLowerCase() !== 'websocket')
    return 'the 101 lacks "Upgrade: websocket" (4.2.2)';
  if (!hasToken(headerOf(head, 'connection'), 'upgrade'))
    return 'the 101 lacks "Connection: Upgrade" (4.2.2)';
  if (headerOf(head, 'sec-websocket-accept') !== acceptFor(key))
    return 'Sec-WebSocket-Accept is wrong (4.2.2)';
  if (headerOf(head, 'sec-websocket-protocol') !== undefined) {
    return 'the server chose a subprotocol nobody offered (4.2.2)';
  }
  return undefined;
}
