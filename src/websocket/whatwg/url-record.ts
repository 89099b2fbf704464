// Which URLs and subprotocols a WebSocket object may be made with (WHATWG WebSockets, section 3.1).

import { isToken } from '../../protocol/index.ts';
import { shownUrl } from '../client/shown-url.ts';

interface PageLocation {
  readonly href: string;
  readonly origin: string;
}

/** Where the page is that the code runs in; undefined outside of pages. */
function pageLocation(): PageLocation | undefined {
  const { location } = globalThis as { location?: Partial<PageLocation> };
  const { href, origin } = location ?? {};
  return typeof href === 'string' && typeof origin === 'string' ? { href, origin } : undefined;
}

/** The value of `Origin` for connections from here. */
export function pageOrigin(): string | undefined {
  return pageLocation()?.origin;
}

/** "To get a URL record": throws a `SyntaxError` `DOMException` for what is no WebSocket URL. */
export function urlRecord(text: string): URL {
  // 1. "Let urlRecord be the result of applying the URL parser to url with baseURL."
  const base = pageLocation()?.href;
  // 2. "If urlRecord is failure, then throw a "SyntaxError" DOMException."
  if (!URL.canParse(text, base)) {
    throw syntaxError(`${JSON.stringify(shownUrl(text))} is not a URL: write it like wss://example.com/path`);
  }
  const url = new URL(text, base);
  // 3. and 4. "If urlRecord's scheme is "http", then set urlRecord's scheme to "ws"", and so for "https" and "wss".
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  // 5. "If urlRecord's scheme is not "ws" or "wss", then throw a "SyntaxError" DOMException."
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw syntaxError(
      `the scheme of ${JSON.stringify(shownUrl(text))} is none of ws:, wss:, http: and https:`,
    );
  }
  // 6. "If urlRecord's fragment is non-null, then throw a "SyntaxError" DOMException." An empty one is not null.
  if (url.href.includes('#')) {
    throw syntaxError(
      `${JSON.stringify(shownUrl(text))} has a fragment, which a WebSocket URL must not: leave out #…`,
    );
  }
  return url;
}

/**
 * Throws a `SyntaxError` `DOMException` unless each is a token and none is there twice. They are not repeated: one may be
 * a credential, `bearer.…`.
 */
export function checkProtocols(protocols: readonly string[]): void {
  const seen = new Set<string>();
  for (const [index, protocol] of protocols.entries()) {
    if (!isToken(protocol)) {
      throw syntaxError(
        `subprotocol ${index + 1} of ${protocols.length} is not a token (RFC 6455, section 4.1)`,
      );
    }
    if (seen.has(protocol))
      throw syntaxError(`subprotocol ${index + 1} of ${protocols.length} was given before`);
    seen.add(protocol);
  }
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
