import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Authenticate, type AuthenticationRequest, guest } from '../../../src/server/index.ts';
import { VirtualClock } from '../../../src/testkit/index.ts';
import { byName, openRealtime, RawClient, welcome } from '../realtime-rig.ts';

describe('authentication', () => {
  const outcomes: [string, Authenticate, number | 'welcome'][] = [
    ['an identity', () => ({ subject: 'ada' }), 'welcome'],
    ['a promise of one', async () => ({ subject: 'ada' }), 'welcome'],
    ['a guest', () => guest, 'welcome'],
    ['nothing', () => undefined, 4401],
    ['null', async () => null, 4401],
    ['a credential that has expired', () => ({ subject: 'ada', expiresAt: Date.now() - 1 }), 4200],
    ['a subject with a slash', () => ({ subject: 'ada/1' }), 1011],
    ['an empty subject', () => ({ subject: '' }), 1011],
    ['a subject that is too long', () => ({ subject: 'x'.repeat(65) }), 1011],
    ['a subject that is no text', () => ({ subject: 7 as unknown as string }), 1011],
    ['an expiry that is no time', () => ({ subject: 'ada', expiresAt: Number.NaN }), 1011],
    [
      'an error',
      () => {
        throw new Error('broken');
      },
      1011,
    ],
    ['a rejection', () => Promise.reject(new Error('broken')), 1011],
  ];
  for (const [name, authenticate, outcome] of outcomes) {
    it(`that gives ${name} ends in ${outcome}`, async (test) => {
      const { realtime, url, errors } = await openRealtime(test, { authenticate });
      const client = new RawClient(test, url);
      const answer = client.hello();
      const result = await Promise.race([answer.then(({ t }) => t), client.closed.then(({ code }) => code)]);
      assert.equal(result, outcome);
      assert.equal(errors.length, outcome === 1011 ? 1 : 0, 'what the application got wrong is reported');
      if (outcome === 1011) assert.equal((await client.closed).reason, 'internal error');
      const { authenticated, unauthenticated } = realtime.metrics();
      assert.deepEqual([authenticated, unauthenticated], outcome === 'welcome' ? [1, 0] : [0, 1]);
    });
  }

  it('lets everybody in as a guest where there is none', async (test) => {
    const { realtime, url } = await openRealtime(test, { authenticate: undefined as never });
    const client = await welcome(test, url, 'whatever');
    await client.ask({ t: 'sub', ch: 'chat:1' });
    await client.ask({ t: 'pub', ch: 'chat:1', d: { text: 'who am I' } });
    assert.equal((await client.message()).by, undefined);
    const [link] = realtime.connections;
    assert.equal(link?.subject, undefined);
  });

  it('asks for a new credential before the old one runs out, then closes with 4200', async (test) => {
    const clock = new VirtualClock();
    const { url } = await openRealtime(test, {
      clock,
      authenticate: ({ token = '' }) => ({ subject: 'ada', expiresAt: Number(token) }),
      times: { idleMs: 1_000_000 },
    });
    const [lazy, diligent] = [new RawClient(test, url), new RawClient(test, url)];
    const auth = String(clock.wallTime() + 100_000);
    for (const client of [lazy, diligent]) assert.equal((await client.hello({ auth })).authMs, 100_000);
    await clock.advanceAsync(75_000);
    for (const client of [lazy, diligent]) {
      const { inMs } = await client.next(({ t }) => t === 'auth');
      assert.ok(inMs <= 60_000 && inMs >= 25_000, `${inMs}`);
    }
    const renewed = await diligent.ask({ t: 'auth', auth: String(clock.wallTime() + 100_000) });
    assert.equal(renewed.ok.authMs, 100_000);
    await clock.advanceAsync(26_000);
    assert.equal((await lazy.closed).code, 4200);
    assert.equal((await diligent.ask({ t: 'sub', ch: 'chat:1' })).ok.r, 'ok');
  });

  it('knows in a renewal who it was, and keeps no secret of the opening', async (test) => {
    const seen: AuthenticationRequest[] = [];
    const { url } = await openRealtime(test, {
      authenticate: (request) => {
        seen.push(request);
        return { subject: 'ada', claims: { step: seen.length } };
      },
    });
    const client = new RawClient(test, `${url}/?secret=1`, {
      protocols: 'tidewire.v1.json',
      headers: { authorization: 'Bearer first' },
    } as never);
    await client.hello();
    await client.ask({ t: 'auth', auth: 'second' });
    await client.ask({ t: 'auth', auth: 'third' });
    assert.deepEqual(
      seen.map(({ token, tokenSource, previous }) => [token, tokenSource, previous?.claims?.step]),
      [
        ['first', 'authorization', undefined],
        ['second', 'packet', 1],
        ['third', 'packet', 2],
      ],
    );
    const last = seen.at(-1)!;
    assert.deepEqual([last.query.size, last.headers.get('authorization')], [0, undefined]);
    assert.equal(last.remoteAddress, '127.0.0.1');
  });

  it('does not take somebody else for who it was', async (test) => {
    const { realtime, url } = await openRealtime(test, {
      authenticate: ({ token = '' }) => ({ subject: token }),
    });
    const client = await welcome(test, url, 'ada');
    assert.equal((await client.ask({ t: 'auth', auth: 'eve' })).err.code, 'forbidden');
    const [link] = realtime.connections;
    assert.equal(link?.subject, 'ada');
  });

  it('closes with 4408 when no hello comes, and while nobody has decided', async (test) => {
    const clock = new VirtualClock();
    const { url } = await openRealtime(test, { clock, authenticate: () => new Promise(() => undefined) });
    const [silent, waiting] = [new RawClient(test, url), new RawClient(test, url)];
    await silent.opened;
    void waiting.hello();
    await waiting.opened;
    await clock.advanceAsync(12_000);
    for (const client of [silent, waiting]) assert.equal((await client.closed).code, 4408);
  });

  it('hands no cookie to an application that lets every page connect', async (test) => {
    const cookies: number[] = [];
    const { url } = await openRealtime(test, {
      webSocket: { allowedOrigins: '*' },
      authenticate: (request) => {
        cookies.push(request.cookies.size);
        return guest;
      },
    });
    for (const origin of ['https://evil.test', new URL(url).origin.replace('ws', 'http')]) {
      const headers = { cookie: 'session=secret' };
      await new RawClient(test, url, { protocols: 'tidewire.v1.json', origin, headers } as never).hello();
    }
    assert.deepEqual(cookies, [0, 1], 'but for pages of its own host');
  });

  it('refuses pages of other origins before anything else', async (test) => {
    let asked = 0;
    const { url } = await openRealtime(test, {
      authenticate: () => {
        asked++;
        return guest;
      },
    });
    const client = new RawClient(test, url, {
      protocols: 'tidewire.v1.json',
      origin: 'https://evil.test',
    } as never);
    await assert.rejects(client.opened);
    assert.equal(asked, 0);
  });

  it('is asked of no more renewals at a time than a client may have requests', async (test) => {
    let asked = 0;
    const { url } = await openRealtime(test, {
      limits: { maxInflight: 3 },
      authenticate: (request) => {
        if (request.previous === undefined) return byName(request);
        asked++;
        return new Promise(() => undefined);
      },
    });
    const client = await welcome(test, url, 'ada');
    for (let id = 101; id <= 110; id++) client.send({ t: 'auth', id, auth: 'ada' });
    assert.equal((await client.next(({ id }) => id === 110)).err.code, 'too_many_inflight');
    assert.equal(asked, 3);
  });
});
