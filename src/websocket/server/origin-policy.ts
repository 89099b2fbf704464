// Which web pages may connect: the defence against cross-site WebSocket hijacking (RFC 6455, section 10.2).

import { UsageError } from '../../protocol/index.ts';

/** Origins such as `https://example.com`, or `'*'` for every page of the world. */
export type AllowedOrigins = readonly string[] | '*';

export interface OriginQuestion {
  /** The value of `Origin`; undefined when there is none. */
  readonly origin: string | undefined;
  /** The value of `Host`. */
  readonly host: string;
  readonly isSecure: boolean;
}

export class OriginPolicy {
  readonly #allowed: ReadonlySet<string> | undefined;

  constructor(allowed: AllowedOrigins = []) {
    this.#allowed = allowed === '*' ? undefined : new Set(allowed.map(checkOrigin));
  }

  /**
   * A request without an Origin comes from no browser and passes. A page of the same host and port passes; behind a
   * proxy that ends TLS the scheme cannot be compared, so either is taken for the same. All others must be listed.
   */
  allows({ origin, host }: OriginQuestion): boolean {
    if (this.#allowed === undefined || origin === undefined) return true;
    if (this.#allowed.has(origin)) return true;
    return isSameHost(origin, host);
  }
}

function isSameHost(origin: string, host: string): boolean {
  for (const [scheme, defaultPort] of [
    ['http://', ':80'],
    ['https://', ':443'],
  ] as const) {
    if (!origin.startsWith(scheme)) continue;
    // Browsers send both in lower case and leave out the default port; other clients may not for Host.
    const asked = host.toLowerCase();
    const from = origin.slice(scheme.length);
    return from === asked || from === withoutSuffix(asked, defaultPort);
  }
  return false;
}

function withoutSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

function checkOrigin(origin: string): string {
  const parsed = URL.canParse(origin) ? new URL(origin) : undefined;
  // `file://` and `null` have no origin of their own, and are compared as they are sent.
  if (origin === 'null' || origin === 'file://') return origin;
  // A pattern parses as a host, and would match nothing in silence.
  if (parsed?.origin === origin && !origin.includes('*')) return origin;
  throw new UsageError(
    `allowedOrigins: ${JSON.stringify(origin)} is not an origin: give scheme, host and port only, such as https://example.com`,
  );
}
