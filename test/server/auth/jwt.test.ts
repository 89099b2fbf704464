import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, it, type TestContext } from 'node:test';
import {
  base64url,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import { UsageError } from '../../../src/channel/index.ts';
import { checkIdentity } from '../../../src/server/auth/identity.ts';
import {
  type AuthenticationRequest,
  guest,
  type Identity,
  type JwtOptions,
  jwt,
} from '../../../src/server/index.ts';
import { openRealtime, RawClient } from '../realtime-rig.ts';

const issuer = 'https://issuer.test';
const audience = 'chat';
const secret = 'a secret that is at least 32 bytes long';

let signing: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
let publicJwk: JWK;
let other: CryptoKey;

before(async () => {
  signing = await generateKeyPair('ES256', { extractable: true });
  publicJwk = { ...(await exportJWK(signing.publicKey)), alg: 'ES256', kid: 'one' };
  other = (await generateKeyPair('ES256')).privateKey;
});

interface TokenOptions {
  readonly key?: CryptoKey | Uint8Array;
  readonly header?: Partial<JWTHeaderParameters>;
  readonly claims?: Record<string, unknown>;
  readonly expiresInS?: number;
}

function token({ key, header = {}, claims = {}, expiresInS = 60 }: TokenOptions = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + expiresInS;
  return new SignJWT({ sub: 'ada', iss: issuer, aud: audience, exp, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
    .sign(key ?? signing.privateKey);
}

function ask(
  authenticate: ReturnType<typeof jwt>,
  credential: string | undefined,
): PromiseLike<Identity | undefined | null> {
  return Promise.resolve(authenticate({ token: credential } as AuthenticationRequest));
}

function withKeys(options: Partial<JwtOptions> = {}): ReturnType<typeof jwt> {
  return jwt({ keys: [publicJwk], issuer, audience, ...options });
}

/** Tokens by hand, as no library would write them. */
function handMade(header: object, claims: object, signature = ''): string {
  const part = (value: object): string => base64url.encode(JSON.stringify(value));
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** Signed by the issuer, whatever the claims are. */
async function handSigned(claims: object): Promise<string> {
  const unsigned = handMade({ alg: 'ES256', kid: 'one' }, claims).slice(0, -1);
  const { privateKey } = signing;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(unsigned));
  return `${unsigned}.${base64url.encode(new Uint8Array(signature))}`;
}

async function serveKeys(
  test: TestContext,
  answer: () => { readonly status?: number; readonly body?: unknown },
): Promise<{ readonly url: string; readonly requests: () => number }> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    const { status = 200, body } = answer();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/keys`, requests: () => requests };
}

describe('jwt', () => {
  it('gives subject, claims and the time of expiry, with the tolerance', async () => {
    const exp = Math.floor(Date.now() / 1000) + 100;
    const identity = await ask(withKeys(), await token({ claims: { exp, role: 'admin' } }));
    assert.equal(identity?.subject, 'ada');
    assert.equal(identity?.claims?.role, 'admin');
    assert.equal(identity?.expiresAt, exp * 1000 + 5_000);
  });

  it('takes a shared secret, and a subject of one’s own choice', async () => {
    const key = new TextEncoder().encode(secret);
    const authenticate = jwt({ secret, issuer, audience, subject: ({ tenant }) => String(tenant) });
    const good = await token({ key, header: { alg: 'HS256' }, claims: { tenant: 't1' } });
    assert.equal((await ask(authenticate, good))?.subject, 't1');
  });

  it('refuses whoever has no token, unless guests are welcome', async () => {
    assert.equal(await ask(withKeys(), undefined), undefined);
    assert.equal(await ask(withKeys({ guests: true }), undefined), guest);
  });

  describe('refuses', () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: 'ada', iss: issuer, aud: audience, exp: now + 60 };
    const bad: Record<string, () => Promise<string> | string> = {
      'what is no token': () => 'no token',
      'a token without signature': () => handMade({ alg: 'none' }, claims),
      'a token whose alg is none in other letters': () => handMade({ alg: 'nOnE' }, claims),
      'the signature of another key': () => token({ key: other }),
      'a public key taken for a secret': async () =>
        token({
          key: new TextEncoder().encode(await exportSPKI(signing.publicKey)),
          header: { alg: 'HS256' },
        }),
      'the public key itself taken for a secret': () =>
        token({ key: new TextEncoder().encode(JSON.stringify(publicJwk)), header: { alg: 'HS256' } }),
      'a key that the token brings': () => token({ header: { jwk: publicJwk } }),
      'an address of keys that the token brings': () => token({ header: { jku: 'https://evil.test/keys' } }),
      'certificates that the token brings': () => token({ header: { x5u: 'https://evil.test/cert' } }),
      'a certificate in the token itself': () => token({ header: { x5c: ['MIIB'] } }),
      'a demand that the reader could meet': () => token({ header: { crit: ['b64'], b64: true } }),
      'a demand on the reader': () => handMade({ alg: 'ES256', crit: ['b64'], b64: false }, claims),
      'an unknown key': () => token({ header: { kid: 'two' } }),
      'another issuer': () => token({ claims: { iss: 'https://evil.test' } }),
      'another audience': () => token({ claims: { aud: 'mail' } }),
      'a token that is not good yet': () => token({ claims: { nbf: now + 60 } }),
      'a token that never expires': () => token({ claims: { exp: undefined } }),
      'a token without subject': () => token({ claims: { sub: undefined } }),
      'a subject that is no text': () => handSigned({ ...claims, sub: 7 }),
      'a subject that is a list': () => handSigned({ ...claims, sub: ['ada'] }),
      'a time of expiry that is text': () => handSigned({ ...claims, exp: `${now + 60}` }),
      'a beginning that is text': () => handSigned({ ...claims, nbf: `${now - 60}` }),
    };
    for (const [name, make] of Object.entries(bad)) {
      it(name, async () => {
        const reasons: string[] = [];
        const credential = await make();
        assert.equal(await ask(withKeys({ onRefused: (code) => reasons.push(code) }), credential), undefined);
        assert.equal(reasons.length, 1);
        assert.match(reasons[0]!, /^[A-Z_]+$/, 'a code, and nothing of the token');
      });
    }
  });

  it('says of an expired token that it has expired, only when all else is right', async () => {
    const expired = await ask(withKeys(), await token({ expiresInS: -60 }));
    assert.equal(expired?.expiresAt, 0);
    const forged = await token({ expiresInS: -60, key: other });
    assert.equal(await ask(withKeys(), forged), undefined);
  });

  it('refuses options that can never work, and says which', () => {
    const cases: [Partial<JwtOptions>, RegExp][] = [
      [{}, /exactly one of jwks, keys and secret/],
      [{ secret, jwks: 'https://a.test' }, /exactly one/],
      [{ secret: 'short' }, /at least 32 bytes, has 5/],
      [{ secret, algorithms: ['RS256'] }, /RS256 is none of HS256/],
      [{ jwks: 'https://a.test', algorithms: ['HS256'] }, /HS256 is none of/],
      [{ jwks: 'http://a.test' }, /https/],
      [{ jwks: 'file:///etc/keys' }, /https/],
      [{ keys: [{ kty: 'EC' }] }, /needs its alg/],
      [{ keys: [{ kty: 'EC', alg: 'ES256', d: 'x' }] }, /public/],
      [{ secret, issuer: '' }, /issuer is needed/],
      [{ secret, audience: [] }, /audience is needed/],
    ];
    for (const [options, message] of cases) {
      assert.throws(
        () => jwt({ issuer, audience, ...options }),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      );
    }
  });

  it('fetches a key set once, and not again for each unknown key', async (test) => {
    const { url, requests } = await serveKeys(test, () => ({ body: { keys: [publicJwk] } }));
    const authenticate = jwt({ jwks: url, issuer, audience });
    for (let index = 0; index < 5; index++) {
      assert.equal((await ask(authenticate, await token()))?.subject, 'ada');
      assert.equal(await ask(authenticate, await token({ header: { kid: `unknown-${index}` } })), undefined);
    }
    assert.equal(requests(), 1);
  });

  it('fetches nothing for a token that can never count', async (test) => {
    const { url, requests } = await serveKeys(test, () => ({ body: { keys: [publicJwk] } }));
    const authenticate = jwt({ jwks: url, issuer, audience });
    const claims = { sub: 'ada', iss: issuer, aud: audience, exp: 9_999_999_999 };
    await ask(authenticate, handMade({ alg: 'none' }, claims));
    await ask(authenticate, handMade({ alg: 'HS256' }, claims, 'AAAA'));
    await ask(authenticate, await token({ header: { jku: url } }));
    assert.equal(requests(), 0);
  });

  it('does not call a token bad when the keys cannot be had, and does not ask again at once', async (test) => {
    const { url, requests } = await serveKeys(test, () => ({ status: 500 }));
    const authenticate = jwt({ jwks: url, issuer, audience });
    await assert.rejects(async () => ask(authenticate, await token()));
    await assert.rejects(async () => ask(authenticate, await token()));
    assert.equal(requests(), 1);
  });

  it('does not call a token bad when what it was given is no set of keys', async (test) => {
    const { url } = await serveKeys(test, () => ({ body: { keys: 'none' } }));
    const refused: string[] = [];
    const authenticate = jwt({ jwks: url, issuer, audience, onRefused: (code) => refused.push(code) });
    await assert.rejects(async () => ask(authenticate, await token()));
    assert.deepEqual(refused, []);
  });

  it('lets a connection in, renews its token in place, and keeps the subject', async (test) => {
    const { url } = await openRealtime(test, { authenticate: withKeys() });
    const client = new RawClient(test, url);
    const { authMs } = await client.hello({ auth: await token({ expiresInS: 30 }) });
    assert.ok(authMs > 0 && authMs <= 35_000);
    const renewed = await client.ask({ t: 'auth', auth: await token({ expiresInS: 300 }) });
    assert.ok(renewed.ok.authMs > 35_000);
    const foreign = await client.ask({ t: 'auth', auth: await token({ claims: { sub: 'eve' } }) });
    assert.equal(foreign.err.code, 'forbidden');
    const bad = await client.ask({ t: 'auth', auth: 'no token' });
    assert.equal(bad.err.code, 'unauthenticated');
  });

  it('closes with 4401 for a bad token, and with 4200 for an expired one', async (test) => {
    const { url } = await openRealtime(test, { authenticate: withKeys() });
    for (const [auth, code] of [
      ['no token', 4401],
      [await token({ expiresInS: -60 }), 4200],
    ] as const) {
      const client = new RawClient(test, url);
      void client.hello({ auth });
      assert.equal((await client.closed).code, code);
    }
  });

  it('takes a token that lasts nearly for ever, and one for several audiences', async () => {
    const claims = { sub: 'ada', iss: issuer, aud: ['mail', audience], exp: 1e300 };
    const identity = await ask(withKeys(), await handSigned(claims));
    assert.ok(Number.isFinite(identity?.expiresAt));
    assert.doesNotThrow(() => checkIdentity(identity!));
  });
});
