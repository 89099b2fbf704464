// What keeps a run from being strict throughout, and what the RFC leaves open: there our choice is known, and stays.

import type { RunResult } from '../../src/conformance/index.ts';

export function notStrict({ results }: RunResult): string[] {
  return results
    .filter(({ verdict }) => verdict !== 'strict' && verdict !== 'informational')
    .map(({ id, verdict, detail, transcript }) => `${verdict} ${id}: ${detail}\n${transcript.join('\n')}`);
}

/** What the endpoint did in each case that the RFC leaves open. */
export function choices({ results }: RunResult): Record<string, string> {
  const open = results.filter(({ verdict }) => verdict === 'informational');
  return Object.fromEntries(open.map(({ id, detail }) => [id, detail]));
}

/** Bytes that zlib takes for a part of a message, where RFC 7692 does not say how a message may end. */
const unclearDeflate = {
  'deflate.unclear.no-bytes': 'binary (empty), the endpoint carries on',
  'deflate.unclear.cut-off': 'binary "Heh", the endpoint carries on',
  'deflate.unclear.after-the-final-block': 'binary "Hellollo", the endpoint carries on',
  'deflate.unclear.not-removed-tail': 'binary "Hello", the endpoint carries on',
};

/** A request with a body is refused; every origin passes, as the server under test allows all, and every path. */
const ofServers = {
  'handshake.open.foreign-origin': 'accepted',
  'handshake.open.null-origin': 'accepted',
  'handshake.open.bad-origin': 'accepted',
  'handshake.open.other-path': 'accepted',
  'handshake.open.dot-path': 'accepted',
  'handshake.open.expect-continue': 'accepted',
  'handshake.open.body': 'HTTP/1.1 400 Bad Request',
  'handshake.open.chunked': 'HTTP/1.1 400 Bad Request',
};

const ofClients = {
  'handshake.client-open.http-1.0': 'accepted',
  'handshake.client-open.line-feeds-only': 'refused',
};

export const ourChoices = {
  server: { http1: { ...ofServers, ...unclearDeflate }, http2: unclearDeflate },
  client: { http1: { ...ofClients, ...unclearDeflate }, http2: unclearDeflate },
};
