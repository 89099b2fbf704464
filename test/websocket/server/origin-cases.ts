// Origins of pages that may connect, and every trick that makes others look like them.

export interface OriginCase {
  readonly name: string;
  readonly origin: string | undefined;
  readonly host: string;
  readonly passes: boolean;
}

/** The origins that are allowed besides that of the host. */
export const listed = ['https://app.example.com', 'http://localhost:5173'];

type Row = readonly [name: string, origin: string | undefined, host: string];

const passing: readonly Row[] = [
  ['no Origin, from what is no browser', undefined, 'example.com'],
  ['the same host', 'https://example.com', 'example.com'],
  ['the same host without TLS', 'http://example.com', 'example.com'],
  ['the same host and port', 'http://example.com:8080', 'example.com:8080'],
  ['the default port spelt out in Host', 'https://example.com', 'example.com:443'],
  ['Host in upper case', 'https://example.com', 'EXAMPLE.com'],
  ['the same IPv6 address', 'http://[::1]:8080', '[::1]:8080'],
  ['a listed origin', 'https://app.example.com', 'example.com'],
  ['a listed origin with a port', 'http://localhost:5173', 'localhost:8080'],
  ['a scheme alone', 'https://', ''],
];

const refused: readonly Row[] = [
  ['another host', 'https://evil.example', 'example.com'],
  ['another port', 'http://example.com:8081', 'example.com:8080'],
  ['a port where none was asked for', 'http://example.com:8080', 'example.com'],
  ['no port where one was asked for', 'http://example.com', 'example.com:8080'],
  ['the default port of the other scheme', 'http://example.com', 'example.com:443'],
  ['the host as a suffix', 'https://evilexample.com', 'example.com'],
  ['the host as a prefix', 'https://example.com.evil.example', 'example.com'],
  ['a subdomain', 'https://sub.example.com', 'example.com'],
  ['the parent domain', 'https://example.com', 'sub.example.com'],
  ['null', 'null', 'example.com'],
  ['null, and a host of that name', 'null', 'null'],
  ['nothing', '', 'example.com'],
  ['nothing, and no host', '', ''],
  ['a file', 'file://', 'example.com'],
  ['a browser extension', 'chrome-extension://example.com', 'example.com'],
  ['a trailing dot', 'https://example.com.', 'example.com'],
  ['user information in front', 'https://example.com@evil.example', 'example.com'],
  ['the host as user information', 'https://evil.example@example.com', 'example.com'],
  ['a path behind', 'https://example.com/', 'example.com'],
  ['a query behind', 'https://example.com?', 'example.com'],
  ['a fragment behind', 'https://evil.example#example.com', 'example.com'],
  ['two origins', 'https://example.com https://evil.example', 'example.com'],
  ['two origins with a comma', 'https://evil.example, https://example.com', 'example.com'],
  ['an origin in upper case, which no browser sends', 'HTTPS://EXAMPLE.COM', 'example.com'],
  ['a backslash', 'https:\\\\example.com', 'example.com'],
  ['an IPv6 address written in another way', 'http://[0:0::1]:8080', '[::1]:8080'],
  ['an IPv4 address as a number', 'http://2130706433', '127.0.0.1'],
  ['a look-alike in punycode', 'https://xn--exmple-cua.com', 'example.com'],
  ['a listed origin with another scheme', 'http://app.example.com', 'example.com'],
  ['a listed origin with its default port', 'https://app.example.com:443', 'example.com'],
  ['a listed origin in front', 'https://app.example.com.evil.example', 'example.com'],
  ['a listed origin with another port', 'http://localhost:5174', 'localhost:8080'],
];

export const rows: readonly OriginCase[] = [
  ...passing.map(([name, origin, host]) => ({ name, origin, host, passes: true })),
  ...refused.map(([name, origin, host]) => ({ name, origin, host, passes: false })),
];
