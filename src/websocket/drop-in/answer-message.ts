// A server's answer to the opening handshake, in the shape of Node's `IncomingMessage`.

import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import type { HeaderLookup } from '../../protocol/index.ts';

/** As far as programs read it. The body is not kept: the stream is empty. */
export interface AnswerMessage extends Readable {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function answerMessage(
  status: number,
  fields?: HeaderLookup | Iterable<[string, string]>,
): AnswerMessage {
  const headers: Record<string, string> = Object.create(null);
  if (fields !== undefined && Symbol.iterator in fields) {
    for (const [name, value] of fields) headers[name] = value;
  }
  return Object.assign(Readable.from([]), {
    statusCode: status,
    statusMessage: STATUS_CODES[status] ?? '',
    headers,
  });
}
