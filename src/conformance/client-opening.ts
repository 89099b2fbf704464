// The suite as the server of a client under test: answers its opening handshake as the case asks for.

import type { Duplex } from 'node:stream';
import type { OpenedClient } from './client-request.ts';
import type { Case } from './script/case.ts';
import { acceptFor, type ClientOpening, response, writeOpening } from './script/opening.ts';
import { acceptable, failed, informational, type Outcome, skipped, strict } from './script/verdict.ts';
import { type DeflateParameters, formatDeflate, parseDeflate } from './wire/deflate.ts';
import { frame } from './wire/frame.ts';
import { hasToken, headerOf, type ReceivedHead } from './wire/http-head.ts';
import { WireConnection } from './wire/wire-connection.ts';
import { describeEvent } from './wire/wire-event.ts';

/** How much of the deadline a client that should drop the connection may take, before the suite ends it. */
export const dropShare = 0.3;

/** What is wrong with a client's request, by the list of 4.1. */
export function whatIsWrongWithRequest(head: ReceivedHead): string | undefined {
  const key = headerOf(head, 'sec-websocket-key');
  if (!/^GET \S+ HTTP\/1\.1$/.test(head.startLine)) return `the request line is "${head.startLine}" (4.1, 2)`;
  if (headerOf(head, 'host') === undefined) return 'the request has no Host (4.1, 4)';
  if (headerOf(head, 'upgrade')?.toLowerCase() !== 'websocket')
    return 'the request lacks "Upgrade: websocket" (4.1, 5)';
  if (!hasToken(headerOf(head, 'connection'), 'upgrade'))
    return 'the request lacks "Connection: Upgrade" (4.1, 6)';
  if (key === undefined || !/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)) return `the key is "${key}" (4.1, 7)`;
  if (headerOf(head, 'sec-websocket-version') !== '13') return 'the version is not 13 (4.1, 9)';
  return undefined;
}

export async function openClient(
  each: Case,
  stream: Duplex,
  { head, deadlineMs }: { head: ReceivedHead; deadlineMs: number },
): Promise<OpenedClient> {
  const wrong = whatIsWrongWithRequest(head);
  if (wrong !== undefined) return { outcome: failed(wrong), connection: undefined };
  const dropMs = deadlineMs * dropShare;
  const values = valuesFor(headerOf(head, 'sec-websocket-key') ?? '');

  if (each.response !== undefined) {
    await writeOpening(stream, each.response.head.serialize(values), each.response);
    const connection = new WireConnection(stream, { suiteIs: 'server', deflate: undefined, head: head.rest });
    if (each.response.expect === 'accepted') return { outcome: strict, connection };
    return { outcome: await judgeDrop(connection, each.response, dropMs), connection: undefined };
  }
  const agreed = each.deflate && agreeWithClient(each.deflate, headerOf(head, 'sec-websocket-extensions'));
  const plain = agreed === undefined || typeof agreed === 'string';
  const answer = plain ? response() : response().with('Sec-WebSocket-Extensions', formatDeflate(agreed));
  stream.write(answer.serialize(values));
  const connection = new WireConnection(stream, {
    suiteIs: 'server',
    deflate: plain ? undefined : agreed,
    head: head.rest,
  });
  if (typeof agreed !== 'string') return { outcome: strict, connection };
  connection.send(frame.close(1000));
  await connection.next(dropMs);
  return { outcome: skipped(agreed), connection: undefined };
}

function valuesFor(key: string): Map<string, string> {
  const accept = acceptFor(key);
  return new Map([
    ['key', key],
    ['accept', accept],
    ['accept-lower-case', accept.toLowerCase()],
    ['accept-shortened', accept.slice(0, -1)],
  ]);
}

/** The parameters of a case, where the client's offer allows them; otherwise a sentence that says why not. */
export function agreeWithClient(
  wanted: DeflateParameters,
  header: string | undefined,
): DeflateParameters | string {
  const offers = parseDeflate(header ?? '');
  const offer = typeof offers === 'string' ? undefined : offers[0];
  if (offer === undefined) return 'the client does not offer permessage-deflate';
  if (wanted.clientMaxWindowBits !== undefined && offer.clientMaxWindowBits === undefined) {
    return 'the client does not offer client_max_window_bits';
  }
  const atMost = (offered: number | true | undefined, value: number | true | undefined) =>
    typeof offered !== 'number' || (typeof value === 'number' && value <= offered);
  if (
    (wanted.clientMaxWindowBits !== undefined &&
      !atMost(offer.clientMaxWindowBits, wanted.clientMaxWindowBits)) ||
    !atMost(offer.serverMaxWindowBits, wanted.serverMaxWindowBits)
  ) {
    return 'the client offers smaller windows';
  }
  // A case that asks for nothing in particular also grants the wishes that are only hints.
  const obliging = Object.keys(wanted).length === 0;
  return {
    ...wanted,
    ...(offer.serverNoContextTakeover ? { serverNoContextTakeover: true } : {}),
    ...(obliging && offer.clientNoContextTakeover ? { clientNoContextTakeover: true } : {}),
  };
}

/** After a bad answer the client must drop the connection without taking it for open. */
export async function judgeDrop(
  connection: WireConnection,
  opening: Pick<ClientOpening, 'expect' | 'options' | 'end'>,
  dropMs: number,
): Promise<Outcome> {
  const { options, expect, end } = opening;
  if (!end) connection.send(frame.text('are you open?'));
  let event = await connection.next(dropMs);
  const waited = event === undefined;
  if (event === undefined) {
    connection.end();
    event = await connection.next(dropMs);
  }
  const took = event?.type === 'message' || event?.type === 'close' || event?.type === 'pong';
  if (expect === 'anything') return informational(took ? 'accepted' : 'refused');
  if (took) {
    const sentence = `the client took the connection for open: ${describeEvent(event!)}`;
    return options.orAccepts ? acceptable(sentence) : failed(sentence);
  }
  if (event?.type === 'violation') return failed(`the client sent ${event.text}`);
  if (event === undefined) return acceptable('the client keeps its side of the connection open');
  if (waited && !options.orWaits)
    return acceptable('the client drops the connection only when the server ends it');
  return strict;
}
