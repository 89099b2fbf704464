// What a WebSocket URL says about the server: where it is, and what to ask it for (RFC 6455, section 3).

/** The server of a `ws:` or `wss:` URL. */
export interface ServerAddress {
  /** A name or an IP address, the latter without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether the connection is to be encrypted: a `wss:` URL. */
  readonly isSecure: boolean;
  /** Host and, unless it is the default, port, as in the field `Host`. */
  readonly authority: string;
  /** Path and query: 3. "The "resource-name" […] / if the path component is empty". */
  readonly resource: string;
}

/** Splits a `ws:`, `wss:`, `http:` or `https:` URL; user information and fragment are not looked at. */
export function serverAddress(url: URL): ServerAddress {
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:';
  return Object.freeze({
    host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    isSecure,
    authority: url.host,
    resource: url.pathname + url.search,
  });
}

/** `Basic` credentials of a URL's user information; undefined when it has none (RFC 7617). */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const credentials = `${decodePercents(username)}:${decodePercents(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** A percent sign that encodes nothing stands for itself. */
function decodePercents(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
