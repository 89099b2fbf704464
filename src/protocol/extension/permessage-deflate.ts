// Negotiates permessage-deflate: offers, answers and the parameters agreed (RFC 7692, section 7.1).

import { UsageError } from '../errors.ts';
import { HandshakeError } from '../handshake/handshake-error.ts';
import type { Extension, ExtensionParameter } from './extension-header.ts';

/** The name of the extension (RFC 7692, section 7). */
export const permessageDeflate = 'permessage-deflate';

/** The parameters that both ends agreed to. */
export interface PermessageDeflate {
  /** Whether the server begins each message with an empty window (7.1.1.1). */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client begins each message with an empty window (7.1.1.2). */
  readonly clientNoContextTakeover: boolean;
  /** The server compresses with a window of at most 2 to this power, in bytes: 8 to 15 (7.1.2.1). */
  readonly serverMaxWindowBits: number;
  /** The client compresses with a window of at most 2 to this power, in bytes: 8 to 15 (7.1.2.2). */
  readonly clientMaxWindowBits: number;
}

/** What one end wants of permessage-deflate; an agreement never exceeds it. */
export interface PermessageDeflateOptions {
  /** Whether the server must begin each message with an empty window.
   * @default false */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** Whether the client must begin each message with an empty window.
   * @default false */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** The largest window of the server, 8 to 15.
   * @default 15 */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * The largest window of the client, 8 to 15. On a server, a value below 15 declines every client that cannot be told
   * so (7.1.2.2).
   * @default 15
   */
  readonly clientMaxWindowBits?: number | undefined;
}

export const permessageDeflateDefaults: PermessageDeflate = Object.freeze({
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
});

/** The parameters of one offer or answer as they stand there. */
interface Parameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  /** `true` where it stands without a value, as it may in an offer. */
  readonly clientMaxWindowBits: number | true | undefined;
}

/** An offer that a server accepts. */
export interface AcceptedOffer {
  readonly agreed: PermessageDeflate;
  /** The element to answer with in `Sec-WebSocket-Extensions`. */
  readonly answer: Extension;
}

/**
 * Accepts the first offer of permessage-deflate that can be agreed to, in the client's order (5.1); undefined when there
 * is none, and then the connection goes on without it. Throws `UsageError` for options outside their range.
 */
export function acceptOffer(
  offers: readonly Extension[],
  options: PermessageDeflateOptions = {},
): AcceptedOffer | undefined {
  const wanted = resolveOptions(options);
  for (const offer of offers) {
    if (offer.name !== permessageDeflate) continue;
    // 7.1. "A server MUST decline an extension negotiation offer for this extension if any of the following conditions
    // are met": an unknown parameter, an invalid value, a name twice, a configuration not supported.
    const offered = readParameters(offer.parameters, 'offer');
    if (typeof offered === 'string') continue;
    const accepted = acceptOne(offered, wanted);
    if (accepted !== undefined) return accepted;
  }
  return undefined;
}

function acceptOne(offered: Parameters, wanted: PermessageDeflate): AcceptedOffer | undefined {
  // 7.1.2.2. "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter,
  // the corresponding extension negotiation response […] MUST NOT include" it: such a client cannot be limited.
  if (offered.clientMaxWindowBits === undefined && wanted.clientMaxWindowBits < 15) return undefined;
  const clientLimit = bitsOf(offered.clientMaxWindowBits) ?? 15;
  const agreed = Object.freeze({
    serverNoContextTakeover: offered.serverNoContextTakeover || wanted.serverNoContextTakeover,
    clientNoContextTakeover: offered.clientNoContextTakeover || wanted.clientNoContextTakeover,
    serverMaxWindowBits: Math.min(offered.serverMaxWindowBits ?? 15, wanted.serverMaxWindowBits),
    clientMaxWindowBits: Math.min(clientLimit, wanted.clientMaxWindowBits),
  });
  const answer = writeParameters({
    ...agreed,
    // 7.1.2.1. "A server accepts an extension negotiation offer with this parameter by including the
    // "server_max_window_bits" extension parameter in the […] response", even where it is the default.
    serverMaxWindowBits:
      offered.serverMaxWindowBits !== undefined || agreed.serverMaxWindowBits < 15
        ? agreed.serverMaxWindowBits
        : undefined,
    clientMaxWindowBits: agreed.clientMaxWindowBits < 15 ? agreed.clientMaxWindowBits : undefined,
  });
  return { agreed, answer };
}

/**
 * The element that a client offers in `Sec-WebSocket-Extensions`. It always tells that the client's window can be
 * limited. Throws `UsageError` for options outside their range.
 */
export function createOffer(options: PermessageDeflateOptions = {}): Extension {
  const wanted = resolveOptions(options);
  return writeParameters({
    ...wanted,
    serverMaxWindowBits: wanted.serverMaxWindowBits < 15 ? wanted.serverMaxWindowBits : undefined,
    clientMaxWindowBits: wanted.clientMaxWindowBits < 15 ? wanted.clientMaxWindowBits : true,
  });
}

/**
 * What a server's answer agrees to, for a client that made the offer. An error means: fail the connection (7.1). Throws
 * `UsageError` for an offer that is not one.
 */
export function checkAnswer(answer: Extension, offer: Extension): PermessageDeflate | HandshakeError {
  const offered = readParameters(offer.parameters, 'offer');
  if (offer.name !== permessageDeflate || typeof offered === 'string') {
    throw new UsageError(`offer: not an offer of permessage-deflate: ${offered}`);
  }
  if (answer.name !== permessageDeflate) return failure(`it names ${answer.name}`);
  const answered = readParameters(answer.parameters, 'answer');
  if (typeof answered === 'string') return failure(answered);
  // 7.1.1.1. "A server accepts an extension negotiation offer that includes the "server_no_context_takeover" extension
  // parameter by including the […] parameter in the corresponding […] response".
  if (offered.serverNoContextTakeover && !answered.serverNoContextTakeover) {
    return failure('server_no_context_takeover was offered and is missing');
  }
  // 7.1.2.1. "[…] with the same or smaller value as the offer."
  if (offered.serverMaxWindowBits !== undefined) {
    if (answered.serverMaxWindowBits === undefined) {
      return failure('server_max_window_bits was offered and is missing');
    }
    if (answered.serverMaxWindowBits > offered.serverMaxWindowBits) {
      return failure('server_max_window_bits is larger than offered');
    }
  }
  // 7.1.2.2. "[…] the corresponding extension negotiation response to the offer MUST NOT include" it, and else
  // "with a value equal to or smaller than the received value".
  const clientLimit = bitsOf(offered.clientMaxWindowBits) ?? 15;
  const clientBits = bitsOf(answered.clientMaxWindowBits) ?? clientLimit;
  if (answered.clientMaxWindowBits !== undefined && offered.clientMaxWindowBits === undefined) {
    return failure('client_max_window_bits was not offered');
  }
  if (clientBits > clientLimit) return failure('client_max_window_bits is larger than offered');
  return Object.freeze({
    serverNoContextTakeover: answered.serverNoContextTakeover,
    // 7.1.1.2. What a client offered for itself it keeps to, whether the server repeats it or not.
    clientNoContextTakeover: answered.clientNoContextTakeover || offered.clientNoContextTakeover,
    serverMaxWindowBits: answered.serverMaxWindowBits ?? 15,
    clientMaxWindowBits: clientBits,
  });
}

/** The value of `client_max_window_bits`, where it has one. */
function bitsOf(parameter: number | true | undefined): number | undefined {
  return parameter === true ? undefined : parameter;
}

function failure(reason: string): HandshakeError {
  return new HandshakeError(
    'EXTENSION_PARAMETERS',
    `server's answer to permessage-deflate cannot be agreed to: ${reason}`,
  );
}

/** The parameters of an offer or an answer, or what is wrong with them. */
function readParameters(
  parameters: readonly ExtensionParameter[],
  where: 'offer' | 'answer',
): Parameters | string {
  const seen = new Set<string>();
  let serverNoContextTakeover = false;
  let clientNoContextTakeover = false;
  let serverMaxWindowBits: number | undefined;
  let clientMaxWindowBits: number | true | undefined;
  for (const { name, value } of parameters) {
    // 7.1. "[…] contains multiple extension parameters with the same name."
    if (seen.has(name)) return `${name} is given twice`;
    seen.add(name);
    const bits = value === undefined ? undefined : readWindowBits(value);
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== undefined) return `${name} has a value`;
        serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover':
        if (value !== undefined) return `${name} has a value`;
        clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
        if (bits === undefined) return `${name} is not a number from 8 to 15`;
        serverMaxWindowBits = bits;
        break;
      case 'client_max_window_bits':
        // 7.1.2.2. In an offer it may stand without a value; in an answer it has one.
        if (bits === undefined && (value !== undefined || where === 'answer')) {
          return `${name} is not a number from 8 to 15`;
        }
        clientMaxWindowBits = bits ?? true;
        break;
      default:
        return `${name} is not a parameter of it`;
    }
  }
  return { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits };
}

/** 7.1.2. "a decimal integer value without leading zeroes between 8 to 15, inclusive" */
function readWindowBits(value: string): number | undefined {
  const bits = Number(value);
  return bits >= 8 && bits <= 15 && String(bits) === value ? bits : undefined;
}

function writeParameters(parameters: Parameters): Extension {
  const written: ExtensionParameter[] = [];
  if (parameters.serverNoContextTakeover)
    written.push({ name: 'server_no_context_takeover', value: undefined });
  if (parameters.clientNoContextTakeover)
    written.push({ name: 'client_no_context_takeover', value: undefined });
  if (parameters.serverMaxWindowBits !== undefined) {
    written.push({ name: 'server_max_window_bits', value: String(parameters.serverMaxWindowBits) });
  }
  if (parameters.clientMaxWindowBits !== undefined) {
    const bits = parameters.clientMaxWindowBits;
    written.push({ name: 'client_max_window_bits', value: bits === true ? undefined : String(bits) });
  }
  return { name: permessageDeflate, parameters: written };
}

function resolveOptions(options: PermessageDeflateOptions): PermessageDeflate {
  const defaults = permessageDeflateDefaults;
  return {
    serverNoContextTakeover: options.serverNoContextTakeover ?? defaults.serverNoContextTakeover,
    clientNoContextTakeover: options.clientNoContextTakeover ?? defaults.clientNoContextTakeover,
    serverMaxWindowBits: checkBits('serverMaxWindowBits', options.serverMaxWindowBits),
    clientMaxWindowBits: checkBits('clientMaxWindowBits', options.clientMaxWindowBits),
  };
}

function checkBits(name: string, bits = 15): number {
  if (Number.isInteger(bits) && bits >= 8 && bits <= 15) return bits;
  throw new UsageError(`${name}: ${bits} is not an integer from 8 to 15 (RFC 7692, section 7.1.2)`);
}
