import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineCall, defineChannel, defineContract } from '../../../src/channel/index.ts';
import type { Authorize, AuthorizeRequest } from '../../../src/server/index.ts';
import { type AnyPacket, openRealtime, RawClient, welcome } from '../realtime-rig.ts';

const verbs = {
  subscribe: { t: 'sub', ch: 'chat:1' },
  publish: { t: 'pub', ch: 'chat:1', d: { text: 'x' } },
  history: { t: 'hist', ch: 'chat:1', dir: 'back', n: 1 },
  presence: { t: 'pres', ch: 'chat:1', do: 'watch' },
  enter: { t: 'pres', ch: 'chat:1', do: 'enter', c: 1, d: { name: 'A' } },
} as const;

describe('the gate', () => {
  for (const [verb, packet] of Object.entries(verbs)) {
    it(`asks the application about ${verb}, with all that it may need`, async (test) => {
      const asked: AuthorizeRequest[] = [];
      let isAllowed = true;
      const authorize: Authorize = (request) => {
        asked.push(request);
        return isAllowed;
      };
      const { url } = await openRealtime(test, { authorize });
      const client = await welcome(test, url, 'ada');
      const allowed = await client.ask(packet);
      assert.ok(allowed.ok !== undefined, allowed.err?.msg);
      const [request] = asked;
      assert.ok(request?.verb === verb && request.verb !== 'call');
      assert.equal(request.identity.subject, 'ada');
      assert.deepEqual(
        [request.channel, request.key, { ...request.parameters }],
        ['chat:1', 'chat', { id: '1' }],
      );
      if ('d' in packet) assert.deepEqual(request.data, packet.d);
      else assert.equal(request.data, undefined);
      isAllowed = false;
      assert.equal((await client.ask({ ...packet, c: 2 })).err.code, 'forbidden');
    });
  }

  it('tells entering from watching by what is asked for, not by what comes with it', async (test) => {
    const closed = defineContract({
      title: 'Closed',
      version: '1',
      channels: {
        chat: defineChannel('chat:{id}', {
          class: 'log',
          payload: z.unknown(),
          presence: z.unknown(),
          allow: { subscribe: 'anyone', enter: 'nobody' },
        }),
      },
    });
    const { url } = await openRealtime(test, { contracts: closed as never });
    const client = await welcome(test, url);
    const enter = { t: 'pres', ch: 'chat:1', do: 'enter', c: 1 };
    assert.equal((await client.ask(enter)).err.code, 'forbidden');
    assert.equal((await client.ask({ ...enter, d: 1 })).err.code, 'forbidden');
    assert.ok((await client.ask({ ...verbs.presence, d: 1 })).ok);
  });

  it('refuses what no contract describes, and presence where there is none', async (test) => {
    const { url } = await openRealtime(test);
    const client = await welcome(test, url, 'ada');
    assert.equal((await client.ask({ t: 'sub', ch: 'nowhere' })).err.code, 'unknown_channel');
    assert.equal((await client.ask({ t: 'sub', ch: 'chat:1:2' })).err.code, 'unknown_channel');
    assert.equal((await client.ask({ t: 'pres', ch: 'prices', do: 'watch' })).err.code, 'unsupported');
  });

  it('permits by true alone, and only when a promise of it is kept', async (test) => {
    for (const [answer, code] of [
      [true, undefined],
      [false, 'forbidden'],
      [1, 'forbidden'],
      ['yes', 'forbidden'],
      [undefined, 'forbidden'],
      [Promise.resolve(true), undefined],
      [Promise.resolve(false), 'forbidden'],
      [Promise.resolve({}), 'forbidden'],
    ] as const) {
      const { url } = await openRealtime(test, { authorize: () => answer as boolean });
      const client = await welcome(test, url);
      assert.equal((await client.ask(verbs.subscribe)).err?.code, code, String(answer));
    }
  });

  it('takes a rule that throws for a no, and reports it', async (test) => {
    const broken = defineContract({
      title: 'Broken',
      version: '1',
      channels: {
        chat: defineChannel('chat:{id}', {
          class: 'log',
          payload: z.unknown(),
          allow: {
            subscribe: () => {
              throw new Error('broken');
            },
          },
        }),
      },
    });
    const { url, errors } = await openRealtime(test, { contracts: broken as never });
    const client = await welcome(test, url);
    assert.equal((await client.ask(verbs.subscribe)).err.code, 'forbidden');
    assert.equal(errors.length, 1);
  });

  it('checks what one tells of oneself', async (test) => {
    const { url } = await openRealtime(test);
    const client = await welcome(test, url, 'ada');
    assert.equal((await client.ask({ ...verbs.enter, d: { name: 7 } })).err.code, 'schema');
    assert.ok((await client.ask({ ...verbs.enter, c: 2 })).ok);
  });

  it('reports what the application throws, refuses, and goes on', async (test) => {
    for (const authorize of [
      () => {
        throw new Error('broken');
      },
      () => Promise.reject(new Error('broken')),
    ]) {
      const { realtime, url, errors } = await openRealtime(test, { authorize });
      const client = await welcome(test, url);
      const { err } = await client.ask(verbs.subscribe);
      assert.deepEqual([err.code, err.msg.includes('broken')], ['internal', false], 'no internal detail');
      assert.equal((errors[0] as Error).message, 'broken');
      assert.equal(realtime.metrics().errors, 1);
    }
  });

  it('is not asked what the contract refuses', async (test) => {
    let asked = 0;
    const { url } = await openRealtime(test, {
      authorize: () => {
        asked++;
        return true;
      },
    });
    const client = await welcome(test, url, 'ada');
    await client.ask({ t: 'sub', ch: 'secret:grace' });
    await client.ask({ t: 'pub', ch: 'chat:1', d: { text: '' } });
    assert.equal(asked, 0);
  });

  it('asks again on a resume and after a renewed credential: what is refused then ends', async (test) => {
    let isAllowed = true;
    const { realtime, url } = await openRealtime(test, { authorize: () => isAllowed });
    const client = await welcome(test, url, 'ada');
    const { ok } = await client.ask(verbs.subscribe);
    const watched = await client.ask(verbs.presence);
    await client.ask(verbs.enter);
    await client.next(({ t, n }) => t === 'map' && n === 1);
    isAllowed = false;
    realtime.authorizeAgain('ada');
    const ended = [await client.next(({ t }) => t === 'end'), await client.next(({ t }) => t === 'end')];
    assert.deepEqual(
      ended.map(({ s, err }) => [s, err.code]),
      [
        [ok.s, 'forbidden'],
        [watched.ok.s, 'forbidden'],
      ],
    );
    assert.deepEqual(await realtime.presence('chat:1'), []);
    const again = new RawClient(test, url);
    const { res } = await again.hello({ auth: 'ada', resume: { ch: [['chat:1', ok.e, ok.o]] } });
    assert.equal(res[0].err.code, 'forbidden');
  });

  it('lets nobody publish what others could not read', async (test) => {
    const { realtime, url, errors } = await openRealtime(test, {
      contracts: defineContract({
        title: 'Any',
        version: '1',
        channels: {
          any: defineChannel('any', {
            class: 'log',
            payload: z.unknown().transform((value) => (value === 'date' ? new Date(0) : value)),
            allow: { subscribe: 'anyone', publish: 'anyone' },
          }),
        },
      }) as never,
    });
    const client = await welcome(test, url);
    const publish = (d: unknown) => client.ask({ t: 'pub', ch: 'any', d });
    let deep: unknown = 1;
    for (let level = 0; level < 28; level++) deep = [deep];
    assert.ok((await publish(deep)).ok);
    assert.equal((await publish([deep])).err.code, 'bad_request');
    assert.equal((await publish('date')).err.code, 'internal');
    assert.match(String(errors[0]), /must be plain data: a Date/);
    await assert.rejects(realtime.publish('any' as never, 1n as never), /bigint/);
    const { ok } = await client.ask({ t: 'hist', ch: 'any', dir: 'back', n: 10 });
    assert.equal(ok.m.length, 1);
  });

  it('stands before calls as well', async (test) => {
    const calls = defineContract({
      title: 'Calls',
      version: '1',
      channels: {},
      calls: {
        open: defineCall({ input: z.number(), output: z.number(), allow: 'anyone' }),
        closed: defineCall({ input: z.null(), output: z.null() }),
      },
    });
    const asked: AuthorizeRequest[] = [];
    const { url } = await openRealtime(test, {
      contracts: calls as never,
      calls: { open: (input: number) => input, closed: () => null } as never,
      authorize: (request) => {
        asked.push(request);
        return request.data !== 13;
      },
    });
    const client = await welcome(test, url, 'ada');
    assert.equal((await client.ask({ t: 'rpc', m: 'open', d: 1 })).ok.d, 1);
    assert.equal((await client.ask({ t: 'rpc', m: 'open', d: 13 })).err.code, 'forbidden');
    assert.equal((await client.ask({ t: 'rpc', m: 'closed' })).err.code, 'forbidden');
    const [request] = asked;
    assert.ok(asked.length === 2 && request?.verb === 'call');
    assert.deepEqual([request.call, request.data, request.identity.subject], ['open', 1, 'ada']);
  });

  it('revokes live connections: closed with 4403, their sessions gone', async (test) => {
    const { realtime, url } = await openRealtime(test);
    const client = new RawClient(test, url);
    const { sid, tok } = await client.hello({ auth: 'ada' });
    const other = await welcome(test, url, 'grace');
    assert.equal(realtime.revoke({ subject: 'ada' }), 1);
    assert.equal((await client.closed).code, 4403);
    const again = new RawClient(test, url);
    assert.equal((await again.hello({ auth: 'ada', resume: { sid, tok } })).resumed, false);
    assert.ok((await other.ask(verbs.subscribe)).ok);
  });

  for (const [what, packet] of [
    ['a publish', { t: 'pub' }],
    ['the input of a call', { t: 'rpc', m: 'keep' }],
  ] as const) {
    it(`refuses ${what} of so many maps and lists that it weighs a multiple of its bytes`, async (test) => {
      const open = defineContract({
        title: 'Open',
        version: '1',
        channels: {
          any: defineChannel('any', {
            class: 'log',
            payload: z.unknown(),
            allow: { subscribe: 'anyone', publish: 'anyone' },
          }),
        },
        calls: { keep: defineCall({ input: z.unknown(), output: z.null(), allow: 'anyone' }) },
      });
      const { realtime, url } = await openRealtime(test, {
        contracts: open,
        calls: { keep: () => null },
        limits: { maxContainers: 50 },
      } as never);
      const client = await welcome(test, url);
      const lists = (count: number): unknown[] => [new Array(count - 2).fill([])];
      const ask = (d: unknown): Promise<AnyPacket> => client.ask({ ch: 'any', ...packet, d });
      assert.deepEqual((await ask(lists(50))).err, undefined);
      const { err } = await ask({ map: lists(50) });
      assert.deepEqual([err.code, err.msg], ['bad_request', 'more than 50 maps and lists']);
      assert.equal(realtime.metrics().limitsReached.maxContainers, 1);
    });
  }

  it('asks which key is written, and whether it is taken away: one who may write one may not remove another', async (test) => {
    const asked: unknown[] = [];
    const { url } = await openRealtime(test, {
      authorize: (request) => {
        if (request.verb !== 'publish') return true;
        asked.push([request.stateKey, request.removed, request.data]);
        return request.stateKey === 'mine';
      },
    });
    const client = await welcome(test, url, 'ada');
    const price = (symbol: string) => ({ t: 'pub', ch: 'prices', d: { symbol, price: 1 } });
    const remove = (k: string) => ({ t: 'pub', ch: 'prices', k, d: null, x: 1 });
    assert.equal((await client.ask(price('mine'))).err, undefined);
    assert.equal((await client.ask(price('theirs'))).err.code, 'forbidden');
    assert.equal((await client.ask(remove('theirs'))).err.code, 'forbidden');
    assert.equal((await client.ask(remove('mine'))).err, undefined);
    assert.deepEqual(asked, [
      ['mine', undefined, { symbol: 'mine', price: 1 }],
      ['theirs', undefined, { symbol: 'theirs', price: 1 }],
      ['theirs', true, undefined],
      ['mine', true, undefined],
    ]);
  });

  it('is asked of as many subscriptions at a time as a client may have, however fast it changes its mind', async (test) => {
    let asked = 0;
    let isQuick = false;
    const answers: ((answer: boolean) => void)[] = [];
    const { url } = await openRealtime(test, {
      limits: { maxSubscriptions: 3 },
      authorize: () => {
        asked++;
        return isQuick || new Promise((resolve) => answers.push(resolve));
      },
    });
    const client = await welcome(test, url, 'ada');
    for (let id = 1; id <= 10; id++) {
      client.send({ t: 'sub', id: 100 + id, ch: 'chat:1' });
      client.send({ t: 'unsub', id: 200 + id, ch: 'chat:1' });
    }
    await client.next(({ id }) => id === 210);
    assert.equal(asked, 3);
    const codes = client.received.filter(({ id }) => id > 100 && id <= 110).map(({ err }) => err.code);
    assert.deepEqual(codes, [...new Array(3).fill('cancelled'), ...new Array(7).fill('too_many_inflight')]);
    for (const answer of answers) answer(true);
    isQuick = true;
    assert.ok((await client.ask({ t: 'sub', ch: 'chat:1' })).ok);
  });

  it('answers every request to subscribe once, also one that is replaced before it was permitted', async (test) => {
    const answers: ((answer: boolean) => void)[] = [];
    const { realtime, url } = await openRealtime(test, {
      authorize: () => new Promise((resolve) => answers.push(resolve)),
    });
    const client = await welcome(test, url, 'ada');
    const first = client.ask({ t: 'sub', ch: 'chat:1' });
    const second = client.ask({ t: 'sub', ch: 'chat:1' });
    assert.equal((await first).err.code, 'cancelled');
    answers[1]!(true);
    assert.ok((await second).ok);
    const third = client.ask({ t: 'sub', ch: 'chat:2' });
    await client.ask({ t: 'unsub', ch: 'chat:7' });
    realtime.authorizeAgain('ada');
    // Asked again, in the order of subscribing: what is not permitted any more ends before the first answer.
    answers.at(-1)!(false);
    assert.equal((await third).err.code, 'forbidden');
  });

  it('greets a client that is refused a channel again while it resumes', async (test) => {
    const answers: ((answer: boolean) => void)[] = [];
    const { realtime, url } = await openRealtime(test, {
      authorize: () => new Promise((resolve) => answers.push(resolve)),
    });
    const client = new RawClient(test, url);
    const greeted = client.hello({ auth: 'ada', resume: { ch: [['chat:1', 'e', 1]] } });
    while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve));
    realtime.authorizeAgain('ada');
    answers[1]!(false);
    assert.equal((await greeted).res[0].err.code, 'forbidden');
  });
});
