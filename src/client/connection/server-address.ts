// The addresses that a client was given, as a WebSocket takes them.

import { UsageError } from '../../channel/index.ts';

/** @throws {UsageError} when there is none, or one that a WebSocket cannot be opened to. */
export function serverAddresses(url: string | readonly string[]): readonly string[] {
  const addresses = (typeof url === 'string' ? [url] : url).map(serverAddress);
  if (addresses.length === 0) throw new UsageError('no address');
  return addresses;
}

function serverAddress(url: string): string {
  const { location } = globalThis as { location?: { readonly origin: string } };
  const address = url.startsWith('/') ? `${location?.origin}${url}` : url;
  if (!/^(ws|http)s?:\/\/[^\s#]+$/i.test(address)) {
    throw new UsageError('no ws: or wss: address without fragment');
  }
  return address.replace(/^http/i, 'ws');
}
