// The suite's own permessage-deflate: parameters on the wire, and both directions of compression (RFC 7692, section 7).

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { maxDistance } from './deflate-distance.ts';

/** The four parameters. A window of `true` is `client_max_window_bits` without a value, as only an offer has it. */
export interface DeflateParameters {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number | true;
}

export function formatDeflate(parameters: DeflateParameters): string {
  const parts = ['permessage-deflate'];
  if (parameters.serverNoContextTakeover) parts.push('server_no_context_takeover');
  if (parameters.clientNoContextTakeover) parts.push('client_no_context_takeover');
  if (parameters.serverMaxWindowBits !== undefined) {
    parts.push(`server_max_window_bits=${parameters.serverMaxWindowBits}`);
  }
  if (parameters.clientMaxWindowBits === true) parts.push('client_max_window_bits');
  else if (parameters.clientMaxWindowBits !== undefined) {
    parts.push(`client_max_window_bits=${parameters.clientMaxWindowBits}`);
  }
  return parts.join('; ');
}

/** Reads a list of offers or one answer. A list that breaks 7.1 gives a sentence that says how. */
export function parseDeflate(header: string): DeflateParameters[] | string {
  const found: DeflateParameters[] = [];
  for (const extension of header.split(',')) {
    const [name, ...parts] = extension.split(';').map((part) => part.trim());
    if (name?.toLowerCase() !== 'permessage-deflate') continue;
    const parameters = new Map<string, string | true>();
    for (const part of parts) {
      const [key = '', value] = part.split('=').map((piece) => piece.trim());
      if (parameters.has(key)) return `the parameter ${key} appears twice`;
      parameters.set(key, value === undefined ? true : value.replace(/^"(.*)"$/, '$1'));
    }
    const parsed = readParameters(parameters);
    if (typeof parsed === 'string') return parsed;
    found.push(parsed);
  }
  return found;
}

function readParameters(parameters: Map<string, string | true>): DeflateParameters | string {
  const read: { -readonly [Key in keyof DeflateParameters]: DeflateParameters[Key] } = {};
  for (const [key, value] of parameters) {
    switch (key) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== true) return `${key} has a value`;
        if (key === 'server_no_context_takeover') read.serverNoContextTakeover = true;
        else read.clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
      case 'client_max_window_bits':
        if (value === true) {
          if (key === 'server_max_window_bits') return `${key} has no value`;
          read.clientMaxWindowBits = true;
        } else if (!['8', '9', '10', '11', '12', '13', '14', '15'].includes(value)) {
          return `${key} has the value ${value}`;
        } else if (key === 'server_max_window_bits') read.serverMaxWindowBits = Number(value);
        else read.clientMaxWindowBits = Number(value);
        break;
      default:
        return `the parameter ${key} is unknown`;
    }
  }
  return read;
}

/** Says how a server's answer breaks the rules of 7.1 for this offer, if it does. */
export function checkAnswer(offer: DeflateParameters, answer: DeflateParameters): string | undefined {
  if (offer.serverNoContextTakeover && !answer.serverNoContextTakeover) {
    return 'the answer accepts an offer with server_no_context_takeover but lacks it (7.1.1.1)';
  }
  if (offer.serverMaxWindowBits !== undefined) {
    // An answer without the parameter says 15.
    if ((answer.serverMaxWindowBits ?? 15) > offer.serverMaxWindowBits) {
      return `the answer does not keep to server_max_window_bits=${offer.serverMaxWindowBits} (7.1.2.1)`;
    }
  }
  if (answer.clientMaxWindowBits === true) {
    return 'client_max_window_bits has no value in the answer (7.1.2.2)';
  }
  if (answer.clientMaxWindowBits !== undefined) {
    if (offer.clientMaxWindowBits === undefined) {
      return 'the answer has client_max_window_bits, which was not offered (7.1.2.2)';
    }
    if (offer.clientMaxWindowBits !== true && answer.clientMaxWindowBits > offer.clientMaxWindowBits) {
      return `client_max_window_bits=${answer.clientMaxWindowBits} is more than offered (7.1.2.2)`;
    }
  }
  return undefined;
}

const maxInflatedBytes = 256 * 1024 * 1024;
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Both directions of one connection. Context takeover is the last window of plain bytes, given as a dictionary. */
export class DeflateContext {
  readonly #sending: Direction;
  readonly #receiving: Direction;

  constructor(agreed: DeflateParameters, suiteIs: 'client' | 'server') {
    const client = direction(agreed.clientNoContextTakeover, agreed.clientMaxWindowBits);
    const server = direction(agreed.serverNoContextTakeover, agreed.serverMaxWindowBits);
    this.#sending = suiteIs === 'client' ? client : server;
    this.#receiving = suiteIs === 'client' ? server : client;
  }

  compress(payload: Buffer): Buffer {
    const { windowBits, history } = this.#sending;
    const deflated = deflateRawSync(payload, {
      // zlib has no raw window of 2^8; in one of 2^9 it reaches back 250 bytes at most, which fits into 2^8.
      windowBits: Math.max(9, windowBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(history.length === 0 ? {} : { dictionary: history }),
    });
    remember(this.#sending, payload);
    // 7.2.1. "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end." An empty message becomes one 0x00.
    return deflated.subarray(-4).equals(tail) ? deflated.subarray(0, -4) : Buffer.from([0]);
  }

  /** Inflates what the endpoint sent, and checks that it kept to the agreed window. Throws an `Error` that says what is wrong. */
  decompress(payload: Buffer): Buffer {
    const { windowBits, history } = this.#receiving;
    const data = Buffer.concat([payload, tail]);
    const plain = inflate(data, history);
    if (windowBits < 15) {
      const reach = maxDistance(data);
      if (reach > 2 ** windowBits) {
        throw new Error(`a back-reference reaches ${reach} bytes, the agreed window is 2^${windowBits}`);
      }
    }
    remember(this.#receiving, plain);
    return plain;
  }
}

function inflate(data: Buffer, history: Buffer): Buffer {
  try {
    return inflateRawSync(data, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxInflatedBytes,
      ...(history.length === 0 ? {} : { dictionary: history }),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw new Error('it inflates to more than any case asks for', { cause: error });
  }
}

interface Direction {
  readonly takeover: boolean;
  readonly windowBits: number;
  history: Buffer;
}

function direction(noTakeover: boolean | undefined, windowBits: number | true | undefined): Direction {
  return {
    takeover: noTakeover !== true,
    windowBits: typeof windowBits === 'number' ? windowBits : 15,
    history: Buffer.alloc(0),
  };
}

function remember(side: Direction, plain: Buffer): void {
  if (side.takeover) side.history = Buffer.concat([side.history, plain]).subarray(-(2 ** side.windowBits));
}
