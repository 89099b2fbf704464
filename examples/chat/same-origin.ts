// Decides whether the page that opens a WebSocket may: a page of our own host, or of an origin on a list.

/**
 * Browsers send `Origin` with every opening handshake and let any page on the web open one, so the server must look
 * (RFC 6455, section 10.2). No `Origin` means that it was no browser, and such a client could claim any.
 *
 * @param host The `Host` header, which names the host and port that the browser asked for.
 * @param allowed Origins such as `https://chat.example`, compared as they are.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: ReadonlySet<string>,
): boolean {
  if (origin === undefined || allowed.has(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  // Only an origin in the exact form that browsers serialise is read: everything else is a trick.
  if (url.origin !== origin || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false;
  return host !== undefined && url.host === host.toLowerCase();
}
