// The list of subprotocols that a client offers, and the choice of one (RFC 6455, sections 1.9 and 11.3.4).

import { UsageError } from '../errors.ts';
import { FieldReader, Malformed } from './field-reader.ts';
import { isToken } from './token.ts';

/** How many subprotocols a client may offer; more are refused with 400. */
export const defaultMaxProtocols = 64;

/** The offered subprotocols in the client's order of preference, or what is wrong with the value. */
export function parseProtocols(
  value: string,
  maxProtocols: number = defaultMaxProtocols,
): readonly string[] | Malformed {
  const reader = new FieldReader(value);
  const protocols = new Set<string>();
  reader.skipEmptyElements();
  while (!reader.ended) {
    const protocol = reader.takeToken();
    if (protocol === '') return new Malformed(`character ${reader.position + 1} cannot stand in a name`);
    // 4.1. "The elements that comprise this value MUST be non-empty strings […] and MUST all be unique strings."
    if (protocols.has(protocol)) return new Malformed(`name ${protocols.size + 1} was listed before`);
    if (protocols.size >= maxProtocols) return new Malformed(`more than ${maxProtocols} names are listed`);
    protocols.add(protocol);
    reader.skipSpace();
    if (!reader.ended && !reader.take(',')) {
      return new Malformed(`character ${reader.position + 1} cannot stand in a name`);
    }
    reader.skipEmptyElements();
  }
  if (protocols.size === 0) return new Malformed('no name is listed');
  return [...protocols];
}

/**
 * The value of `Sec-WebSocket-Protocol` for an offer. Throws `UsageError` for a name that is no token or is repeated; it
 * does not tell the name, which may be a credential, `bearer.…`.
 */
export function serializeProtocols(protocols: readonly string[]): string {
  const seen = new Set<string>();
  for (const [index, protocol] of protocols.entries()) {
    if (!isToken(protocol)) {
      throw new UsageError(`protocols: name ${index + 1} is not a token (RFC 6455, section 4.1)`);
    }
    if (seen.has(protocol)) {
      throw new UsageError(`protocols: name ${index + 1} was given before (RFC 6455, section 4.1)`);
    }
    seen.add(protocol);
  }
  return protocols.join(', ');
}

/** The first of the server's subprotocols that the client offered; undefined when they share none. Case matters. */
export function chooseProtocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  const offers = new Set(offered);
  return supported.find((protocol) => offers.has(protocol));
}
