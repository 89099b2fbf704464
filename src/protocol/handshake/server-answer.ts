// The server's answers to an opening handshake, as bytes or text to be written (RFC 6455, section 4.2.2).

import { UsageError } from '../errors.ts';
import { type Extension, serializeExtensions } from '../extension/extension-header.ts';
import { equalsIgnoringCase } from './field-reader.ts';
import type { HeaderField } from './header-list.ts';
import type { OpeningRequest } from './server-handshake.ts';
import { isFieldValue, isToken } from './token.ts';

export interface UpgradeAnswer {
  /** What the client offered: nothing else may be agreed. */
  readonly request: Pick<OpeningRequest, 'protocols' | 'extensions'>;
  /** The value of `acceptKey`. */
  readonly accept: string;
  /** The subprotocol to speak, one of those offered. Empty or left out: none. */
  readonly protocol?: string | undefined;
  /** The extensions agreed, each with a name that was offered. */
  readonly extensions?: readonly Extension[] | undefined;
  /** More fields, such as `Set-Cookie`. Those of the handshake itself are refused. */
  readonly headers?: Iterable<HeaderField> | undefined;
}

/**
 * The head of the 101 answer, to be written as latin1. Throws `UsageError` for a subprotocol or an extension that was
 * not offered, and for fields that cannot be written.
 */
export function serializeUpgradeResponse(answer: UpgradeAnswer): string {
  // Exactly `Connection: Upgrade`: some devices compare the whole line.
  let head =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${answer.accept}\r\n`;
  for (const [name, value] of agreedFields(answer)) head += `${name}: ${value}\r\n`;
  return `${head}${serializeFields(checkFields(answer.headers ?? []))}\r\n`;
}

/** The fields that say what was agreed, over HTTP/1.1 and HTTP/2 alike. */
export function agreedFields(
  answer: Pick<UpgradeAnswer, 'request' | 'protocol' | 'extensions'>,
): HeaderField[] {
  const { request, protocol = '', extensions = [] } = answer;
  const fields: HeaderField[] = [];
  if (protocol !== '') {
    // 4.2.2, item 4. "if the server does not agree to any of the client's requested subprotocols, the only
    // acceptable value is null": what was not offered fails the client's check.
    if (!request.protocols.includes(protocol)) {
      throw new UsageError(`protocol: ${JSON.stringify(protocol)} was not offered by the client`);
    }
    fields.push(['Sec-WebSocket-Protocol', protocol]);
  }
  for (const { name } of extensions) {
    if (!request.extensions.some((offer) => offer.name === name)) {
      throw new UsageError(`extensions: ${JSON.stringify(name)} was not offered by the client`);
    }
  }
  if (extensions.length > 0) fields.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]);
  return fields;
}

/**
 * The whole answer that refuses a request, with `Connection: close`. A text body is sent as UTF-8 and, unless the fields
 * say otherwise, as plain text. Throws `UsageError` for a status outside 300–599 and for fields that cannot be written.
 */
export function serializeRejection(
  status: number,
  headers: Iterable<HeaderField> = [],
  body: string | Uint8Array = '',
): Uint8Array {
  const content = contentOf(body);
  const fields = refusalFields(status, headers, content);
  let head = `HTTP/1.1 ${status} ${reasonPhrases.get(status) ?? ''}\r\n`;
  // RFC 9110, 7.8. "A sender of Upgrade MUST also send an "Upgrade" connection option".
  head += hasField(fields, 'upgrade') ? 'Connection: close, Upgrade\r\n' : 'Connection: close\r\n';
  head += `Content-Length: ${content.length}\r\n${serializeFields(fields)}\r\n`;
  const answer = new Uint8Array(head.length + content.length);
  for (let index = 0; index < head.length; index += 1) answer[index] = head.charCodeAt(index);
  answer.set(content, head.length);
  return answer;
}

/** A refusal's body as it is sent. */
export function contentOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

/** The fields of a refusal, over HTTP/1.1 and HTTP/2 alike, beside those that frame it. */
export function refusalFields(
  status: number,
  headers: Iterable<HeaderField>,
  content: Uint8Array,
): readonly HeaderField[] {
  if (!Number.isInteger(status) || status < 300 || status > 599 || status === 304) {
    throw new UsageError(`status: ${status} does not refuse a request; use 300 to 599, and not 304`);
  }
  const fields = checkFields(headers, isFramingField);
  if (content.length === 0 || hasField(fields, 'content-type')) return fields;
  return [['Content-Type', 'text/plain; charset=utf-8'], ...fields];
}

/** The lines of a caller's fields. */
function serializeFields(fields: readonly HeaderField[]): string {
  let lines = '';
  for (const [name, value] of fields) lines += `${name}: ${value}\r\n`;
  return lines;
}

/**
 * A caller's fields, when all of them can be written; throws `UsageError` when not, or when one is reserved. No CR, LF
 * or NUL passes: with one, a value could forge fields or a whole answer.
 */
export function checkFields(
  fields: Iterable<HeaderField>,
  isReserved: (lowerName: string) => boolean = isHandshakeField,
): readonly HeaderField[] {
  const checked = [...fields];
  for (const [name, value] of checked) {
    if (!isToken(name)) {
      throw new UsageError(`headers: ${JSON.stringify(name)} is not a header name (RFC 9110, section 5.1)`);
    }
    // The value is not repeated: it may be a secret.
    if (!isFieldValue(value)) {
      throw new UsageError(`headers: the value of ${name} holds a control character or one above U+00FF`);
    }
    if (isReserved(name.toLowerCase())) {
      throw new UsageError(`headers: ${name} is written by the handshake itself; leave it out`);
    }
  }
  return checked;
}

function hasField(fields: readonly HeaderField[], lowerName: string): boolean {
  return fields.some(([name]) => equalsIgnoringCase(name, lowerName));
}

function isFramingField(lowerName: string): boolean {
  return lowerName === 'connection' || lowerName === 'content-length' || lowerName === 'transfer-encoding';
}

/** Whether a field belongs to the handshake, so that a caller may not set it. */
function isHandshakeField(lowerName: string): boolean {
  return isFramingField(lowerName) || lowerName === 'upgrade' || lowerName.startsWith('sec-websocket-');
}

const reasonPhrases: ReadonlyMap<number, string> = new Map([
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [402, 'Payment Required'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [421, 'Misdirected Request'],
  [422, 'Unprocessable Content'],
  [426, 'Upgrade Required'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);
