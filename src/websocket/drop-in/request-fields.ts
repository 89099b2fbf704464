// The fields of an upgrade request, whether Node parsed it or a test framework made it up.

import type { IncomingMessage } from 'node:http';
import type { HeaderLookup } from '../../protocol/index.ts';
import { lookupIn } from '../server/http1-exchange.ts';

/**
 * What did not come over a network is a plain object with `headers`, may hold numbers, and often has no Host. Whatever
 * Node parsed has `headersDistinct`, and nothing is made up for it.
 */
export function fieldsOf(request: IncomingMessage): HeaderLookup {
  if (request.headersDistinct !== undefined) return lookupIn(request);
  const { headers } = request;
  return {
    get: (name) => {
      const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
      if (value === undefined) return name === 'host' ? 'localhost' : undefined;
      return Array.isArray(value) ? value.join(', ') : String(value);
    },
  };
}
