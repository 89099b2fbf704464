// Where an answer redirects a client to, and what may be told to the server there.

import type { HeaderField, UpgradeResponseHead } from '../../protocol/index.ts';
import { ConnectionError } from '../errors.ts';
import type { ClientSettings, Route } from './client-options.ts';
import { shownUrl } from './shown-url.ts';

/** One request of an opening handshake: which URL, and what is told to its server. */
export interface Hop {
  /** With the scheme `ws:` or `wss:`. */
  readonly url: URL;
  readonly settings: ClientSettings;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function isRedirect({ status, headers }: UpgradeResponseHead): boolean {
  return redirectStatuses.has(status) && headers.get('location') !== undefined;
}

/** The next hop. On the way to another origin, all that says who one is stays behind. */
export function redirectedHop(hop: Hop, { status, headers }: UpgradeResponseHead): Hop | ConnectionError {
  const location = headers.get('location') as string;
  const refuse = (why: string): ConnectionError =>
    new ConnectionError(
      'HANDSHAKE_FAILED',
      `server redirects with status ${status} to ${JSON.stringify(shownUrl(location))}, ${why}`,
      { status },
    );

  const url = URL.canParse(location, hop.url.href) ? new URL(location, hop.url.href) : undefined;
  if (url === undefined) return refuse('which is no URL');
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return refuse('which is no WebSocket URL');
  if (hop.url.protocol === 'wss:' && url.protocol === 'ws:') return refuse('which is not encrypted');
  if (url.origin !== hop.url.origin) return { url, settings: withoutCredentials(hop.settings) };
  if (url.username === '' && url.password === '') {
    url.username = hop.url.username;
    url.password = hop.url.password;
  }
  return { url, settings: hop.settings };
}

/** The subprotocols that may be offered to another origin: a name with `bearer.` in it is a credential. */
export function publicProtocols(protocols: readonly string[]): readonly string[] {
  return protocols.filter((name) => !name.toLowerCase().includes('bearer.'));
}

/** Fields that say who one is, or that name the server asked first. */
const credentialFields: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'host',
  'proxy-authorization',
]);

function withoutCredentials(settings: ClientSettings): ClientSettings {
  const { cert, key, passphrase, pfx, secureContext, servername, ...tls } = settings.tls;
  const headers = settings.headers.filter(([name]: HeaderField) => !credentialFields.has(name.toLowerCase()));
  return { ...settings, headers, tls, route: withoutSocketPath(settings.route) };
}

/** Another origin is not behind the same Unix socket. */
function withoutSocketPath(route: Route): Route {
  if (route.type !== 'agent' || route.request === undefined) return route;
  const { socketPath, ...request } = route.request;
  return { ...route, request };
}
