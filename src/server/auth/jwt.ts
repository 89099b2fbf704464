// Ready-made authentication by JSON Web Tokens (RFC 7519): algorithm pinned by the key, keys from configured places only.

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWK,
  type JWSHeaderParameters,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { UsageError } from '../../channel/index.ts';
import type { Authenticate } from './authentication-desk.ts';
import { guest, type Identity } from './identity.ts';
import { SparingFetch } from './sparing-fetch.ts';

export interface JwtOptions {
  /** The address of a JSON Web Key Set: `https:`, or `http:` of this machine. One of `jwks`, `keys` and `secret`. */
  readonly jwks?: string | URL;
  /** Public keys, each with its `alg`. */
  readonly keys?: readonly JWK[];
  /** A secret of at least 32 bytes that the issuer shares, for HS256. */
  readonly secret?: string | Uint8Array;
  /** Whose tokens count: the claim `iss`. */
  readonly issuer: string | readonly string[];
  /** For whom they must be: the claim `aud`. */
  readonly audience: string | readonly string[];
  /** Which signatures count, of those that the keys can make. @default those of public keys; with `secret`, HS256 */
  readonly algorithms?: readonly string[];
  /** The subject, from the verified claims. @default the claim `sub` */
  readonly subject?: (claims: Readonly<Record<string, unknown>>) => string | undefined;
  /** Whether somebody without a token is a guest, and not refused. @default false */
  readonly guests?: boolean;
  /** How far the clocks of issuer and server may differ, in milliseconds. @default 5_000 */
  readonly clockToleranceMs?: number;
  /** A key set is fetched again after this long, and for a key that it lacks not sooner than `cooldownMs`, in milliseconds.
   * @default 600_000 */
  readonly cacheMs?: number;
  /** @default 30_000 */
  readonly cooldownMs?: number;
  /** Told why a token was refused, such as `ERR_JWT_CLAIM_VALIDATION_FAILED`; never the token itself. */
  readonly onRefused?: (code: string) => void;
}

export const jwtDefaults = Object.freeze({
  guests: false,
  clockToleranceMs: 5_000,
  cacheMs: 600_000,
  cooldownMs: 30_000,
}) satisfies Partial<JwtOptions>;

/** Signatures of public keys. A symmetric one beside them would turn a public key into a secret. */
const publicAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

/** Keys and places of keys that a token brings itself, and demands on the reader: none of them is followed. */
const refusedFields = ['jku', 'jwk', 'x5u', 'x5c', 'crit'] as const;

const minSecretBytes = 32;

/** Not the token's fault: the keys could not be had. */
const keySetErrors: ReadonlySet<string> = new Set([
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_INVALID',
  'ERR_JOSE_GENERIC',
]);

/**
 * For `createRealtime({ authenticate: jwt({ … }) })`. A token that does not verify is refused (4401), one that has expired
 * is told so (4200), and the connection lives as long as its token does.
 * @throws {UsageError} naming the option that can never work.
 */
export function jwt(options: JwtOptions): Authenticate {
  const { key, algorithms } = keyOf(options);
  const { guests, clockToleranceMs } = { ...jwtDefaults, ...options };
  for (const name of ['issuer', 'audience'] as const) {
    if (options[name] === undefined || options[name].length === 0)
      throw new UsageError(`jwt: ${name} is needed`);
  }
  const verification = {
    issuer: [options.issuer].flat(),
    audience: [options.audience].flat(),
    algorithms: [...algorithms],
    clockTolerance: clockToleranceMs / 1_000,
    requiredClaims: ['exp'],
  };
  const identify = (claims: JWTPayload): Identity => ({
    subject: options.subject === undefined ? claims.sub : options.subject(claims),
    claims,
    // As long as the token is taken elsewhere: the tolerance is part of it.
    expiresAt: Math.min((claims.exp ?? 0) * 1_000, Number.MAX_SAFE_INTEGER) + clockToleranceMs,
  });
  return async ({ token }) => {
    if (token === undefined) return guests ? guest : undefined;
    try {
      refuseForeignKeys(token);
      const { payload } = await jwtVerify(token, key, verification);
      const identity = identify(payload);
      if (typeof identity.subject === 'string') return identity;
      options.onRefused?.('NO_SUBJECT');
      return undefined;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (!(error instanceof errors.JOSEError) || keySetErrors.has(error.code)) throw error;
      options.onRefused?.(String(code));
      // It was good once, and its time is over: the client is told to come back with a new one.
      if (error instanceof errors.JWTExpired) return { ...identify(error.payload), expiresAt: 0 };
      return undefined;
    }
  };
}

/** Before anything is looked up or fetched for it. */
function refuseForeignKeys(token: string): void {
  let header: JWSHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw new errors.JWTInvalid('not a token', { cause });
  }
  for (const name of refusedFields) {
    if (name in header) throw new errors.JWTInvalid(`tokens with ${name} are refused`);
  }
}

function keyOf(options: JwtOptions): {
  readonly key: JWTVerifyGetKey;
  readonly algorithms: readonly string[];
} {
  const { jwks, keys, secret, cacheMs = jwtDefaults.cacheMs, cooldownMs = jwtDefaults.cooldownMs } = options;
  if ([jwks, keys, secret].filter((source) => source !== undefined).length !== 1) {
    throw new UsageError('jwt: give exactly one of jwks, keys and secret');
  }
  if (secret !== undefined) {
    const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret.slice();
    if (bytes.length < minSecretBytes) {
      throw new UsageError(`jwt: the secret must have at least ${minSecretBytes} bytes, has ${bytes.length}`);
    }
    return { key: async () => bytes, algorithms: checkAlgorithms(options.algorithms, ['HS256']) };
  }
  const algorithms = checkAlgorithms(options.algorithms, publicAlgorithms);
  if (keys !== undefined) return { key: createLocalJWKSet({ keys: keys.map(checkKey) }), algorithms };
  const fetch = new SparingFetch({ cooldownMs });
  const key = createRemoteJWKSet(checkAddress(jwks!), {
    cacheMaxAge: cacheMs,
    cooldownDuration: cooldownMs,
    [customFetch]: (url, init) => fetch.fetch(url, init),
  });
  return { key, algorithms };
}

function checkAlgorithms(
  asked: readonly string[] | undefined,
  possible: readonly string[],
): readonly string[] {
  if (asked === undefined) return possible;
  for (const algorithm of asked) {
    if (!possible.includes(algorithm)) {
      throw new UsageError(
        `jwt: ${algorithm} is none of ${possible.join(', ')}: such a key does not sign so`,
      );
    }
  }
  if (asked.length === 0) throw new UsageError('jwt: algorithms is empty');
  return asked;
}

function checkKey(key: JWK): JWK {
  if (typeof key.alg !== 'string') throw new UsageError('jwt: each key needs its alg, which pins it');
  if (key.kty === 'oct' || 'd' in key) {
    throw new UsageError('jwt: keys are public ones: leave the private part where tokens are made');
  }
  return key;
}

function checkAddress(jwks: string | URL): URL {
  const text = String(jwks);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url?.protocol === 'https:' || (isLocal && url.protocol === 'http:')) return url;
  throw new UsageError('jwt: jwks must be an https address');
}
