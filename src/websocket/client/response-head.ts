// Reads the head of an HTTP/1.1 answer from a stream, and leaves what follows it.

import type { Duplex } from 'node:stream';
import {
  type DecodeLatin1,
  HandshakeError,
  HttpHeadParser,
  type UpgradeResponseHead,
} from '../../protocol/index.ts';
import { ConnectionError } from '../errors.ts';
import { waitOn } from './stream-wait.ts';

const decodeLatin1: DecodeLatin1 = (bytes, start, end) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);

/** As many interim answers (such as 103) as a server may send in a row: more than any does. */
const MAX_INTERIM_ANSWERS = 10;

export interface Answer {
  readonly head: UpgradeResponseHead;
  /** Bytes that arrived behind the head. */
  readonly rest: Buffer;
  /** Paused, so that what else arrives waits. */
  readonly stream: Duplex;
}

/** Reads until the head is whole. Rejects if it is not HTTP/1.1, or breaks a limit. */
export function readResponseHead(
  stream: Duplex,
  context: { readonly peer: string; readonly signal: AbortSignal },
): Promise<Answer> {
  return waitOn<Answer>(stream, context, (wait) => {
    let parser = newParser();
    const findFlood = interimFlood(context.peer);
    const succeed = (answer: Answer): void => {
      stream.pause();
      wait.resolve(answer);
    };
    const receive = (chunk: Buffer): void => {
      let rest = chunk;
      for (;;) {
        rest = rest.subarray(parser.receive(rest));
        const { head, refusal } = parser;
        if (refusal !== undefined) {
          wait.reject(refusedHead(context.peer, `an answer that cannot be read: ${refusal.body}`));
        } else if (head !== undefined && isInterim(head.status)) {
          const flood = findFlood();
          if (flood === undefined) {
            parser = newParser();
            continue;
          }
          wait.reject(flood);
        } else if (head !== undefined) {
          succeed({ head, rest, stream });
        }
        return;
      }
    };
    stream.on('data', receive);
    // In a tunnel, it was paused behind the answer of the proxy.
    stream.resume();
    return () => stream.removeListener('data', receive);
  });
}

/** What an application is told of an answer that cannot be accepted. */
export function handshakeFailure(cause: HandshakeError): ConnectionError {
  const { status } = cause;
  return new ConnectionError('HANDSHAKE_FAILED', cause.message, {
    cause,
    ...(status !== undefined && { status }),
  });
}

/** Counts interim answers: to be called with each, it returns why to give up when there are too many. */
export function interimFlood(peer: string): () => ConnectionError | undefined {
  let answers = 0;
  return () => {
    answers += 1;
    return answers > MAX_INTERIM_ANSWERS
      ? refusedHead(peer, 'one interim answer after the other')
      : undefined;
  };
}

/** What an application is told of a server that sent what is no head, or too much of it. */
function refusedHead(peer: string, what: string): ConnectionError {
  return handshakeFailure(new HandshakeError('HEAD_REFUSED', `${peer} sent ${what}`));
}

/** RFC 9110, 15.2. "A client MUST be able to parse one or more 1xx responses received prior to a final response". */
function isInterim(status: number): boolean {
  return status < 200 && status !== 101;
}

function newParser(): HttpHeadParser<'response'> {
  return new HttpHeadParser('response', { decodeLatin1 });
}
