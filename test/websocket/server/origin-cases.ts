// Origins of pages that may connect, and every trick that makes others look like them.

export interface OriginCase {
  readonly name: string;
  readonly origin: string | undefined;
  readonly host: string;
  readonly passes: boolean;
}

/** The origins that are allowed besides that of the host. */
export const listed = ['https://app.example.com', 'http://localhost:5173'];

export const rows: readonly OriginCase[] = [
  { name: 'no Origin, from what is no browser', origin: undefined, host: 'example.com', passes: true },
  { name: 'the same host', origin: 'https://example.com', host: 'example.com', passes: true },
  { name: 'the same host without TLS', origin: 'http://example.com', host: 'example.com', passes: true },
  {
    name: 'the same host and port',
    origin: 'http://example.com:8080',
    host: 'example.com:8080',
    passes: true,
  },
  {
    name: 'the default port spelt out in Host',
    origin: 'https://example.com',
    host: 'example.com:443',
    passes: true,
  },
  { name: 'Host in upper case', origin: 'https://example.com', host: 'EXAMPLE.com', passes: true },
  { name: 'the same IPv6 address', origin: 'http://[::1]:8080', host: '[::1]:8080', passes: true },
  { name: 'a listed origin', origin: 'https://app.example.com', host: 'example.com', passes: true },
  {
    name: 'a listed origin with a port',
    origin: 'http://localhost:5173',
    host: 'localhost:8080',
    passes: true,
  },

  { name: 'another host', origin: 'https://evil.example', host: 'example.com', passes: false },
  { name: 'another port', origin: 'http://example.com:8081', host: 'example.com:8080', passes: false },
  {
    name: 'a port where none was asked for',
    origin: 'http://example.com:8080',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'no port where one was asked for',
    origin: 'http://example.com',
    host: 'example.com:8080',
    passes: false,
  },
  {
    name: 'the default port of the other scheme',
    origin: 'http://example.com',
    host: 'example.com:443',
    passes: false,
  },
  { name: 'the host as a suffix', origin: 'https://evilexample.com', host: 'example.com', passes: false },
  {
    name: 'the host as a prefix',
    origin: 'https://example.com.evil.example',
    host: 'example.com',
    passes: false,
  },
  { name: 'a subdomain', origin: 'https://sub.example.com', host: 'example.com', passes: false },
  { name: 'the parent domain', origin: 'https://example.com', host: 'sub.example.com', passes: false },
  { name: 'null', origin: 'null', host: 'example.com', passes: false },
  { name: 'null, and a host of that name', origin: 'null', host: 'null', passes: false },
  { name: 'nothing', origin: '', host: 'example.com', passes: false },
  { name: 'nothing, and no host', origin: '', host: '', passes: false },
  { name: 'a scheme alone', origin: 'https://', host: '', passes: true },
  { name: 'a file', origin: 'file://', host: 'example.com', passes: false },
  {
    name: 'a browser extension',
    origin: 'chrome-extension://example.com',
    host: 'example.com',
    passes: false,
  },
  { name: 'a trailing dot', origin: 'https://example.com.', host: 'example.com', passes: false },
  {
    name: 'user information in front',
    origin: 'https://example.com@evil.example',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'the host as user information',
    origin: 'https://evil.example@example.com',
    host: 'example.com',
    passes: false,
  },
  { name: 'a path behind', origin: 'https://example.com/', host: 'example.com', passes: false },
  { name: 'a query behind', origin: 'https://example.com?', host: 'example.com', passes: false },
  {
    name: 'a fragment behind',
    origin: 'https://evil.example#example.com',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'two origins',
    origin: 'https://example.com https://evil.example',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'two origins with a comma',
    origin: 'https://evil.example, https://example.com',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'an origin in upper case, which no browser sends',
    origin: 'HTTPS://EXAMPLE.COM',
    host: 'example.com',
    passes: false,
  },
  { name: 'a backslash', origin: 'https:\\\\example.com', host: 'example.com', passes: false },
  {
    name: 'an IPv6 address written in another way',
    origin: 'http://[0:0::1]:8080',
    host: '[::1]:8080',
    passes: false,
  },
  { name: 'an IPv4 address as a number', origin: 'http://2130706433', host: '127.0.0.1', passes: false },
  {
    name: 'a look-alike in punycode',
    origin: 'https://xn--exmple-cua.com',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'a listed origin with another scheme',
    origin: 'http://app.example.com',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'a listed origin with its default port',
    origin: 'https://app.example.com:443',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'a listed origin in front',
    origin: 'https://app.example.com.evil.example',
    host: 'example.com',
    passes: false,
  },
  {
    name: 'a listed origin with another port',
    origin: 'http://localhost:5174',
    host: 'localhost:8080',
    passes: false,
  },
];
