// Rules 1 to 6: who a session belongs to, and what resuming it means.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asServerPacket, errorBody, SessionCloseCode } from '../../src/session/index.ts';
import { Rig } from './rig.ts';

describe('rules of identity and resume', () => {
  it('rule 1: the secret is new in every welcome, works once, and only for its subject', () => {
    const rig = new Rig();
    const first = rig.greeted().last('welcome');
    assert.equal(first.resumed, false);
    const claim = { resume: { sid: first.sid, tok: first.tok } };

    assert.equal(rig.greeted({ ...claim, auth: 'eve' }).last('welcome').resumed, false, 'another subject');
    const second = rig.greeted(claim).last('welcome');
    assert.equal(second.resumed, true);
    assert.notEqual(second.tok, first.tok);
    assert.equal(rig.greeted(claim).last('welcome').resumed, false, 'a secret that was used');
    const guess = { resume: { sid: second.sid, tok: second.sid } };
    assert.equal(rig.greeted(guess).last('welcome').resumed, false, 'the public name is no capability');
  });

  it('rule 2: a resume is authenticated, and each channel authorised again', () => {
    let mayRead = true;
    const rig = new Rig({
      channels: { chat: { class: 'log' }, news: { class: 'log' } },
      authenticate: ({ token }) => (token === 'banned' ? { type: 'rejected', reason: 'no' } : undefined),
      authorize: ({ channel }) =>
        channel === 'chat' && !mayRead
          ? { type: 'refused', error: errorBody('forbidden', 'not any more') }
          : undefined,
    });
    const peer = rig.greeted();
    const [chat, news] = [peer.subscribe('chat'), peer.subscribe('news')];
    mayRead = false;
    const resume = {
      ch: [
        ['chat', chat.e, chat.o],
        ['news', news.e, news.o],
      ],
    };
    const { res } = rig.greeted({ resume }).last('welcome');
    assert.equal(res[0].err.code, 'forbidden');
    assert.equal(res[1].r, 'ok');
    assert.equal(rig.greeted({ auth: 'banned', resume }).closed?.code, SessionCloseCode.Unauthenticated);
  });

  it('rule 3: any node resumes any client of a log, from the position the client brings', () => {
    const rig = new Rig();
    const writer = rig.greeted();
    const reader = rig.greeted();
    const { e, o } = reader.subscribe();
    writer.publish('one');
    reader.cut();
    writer.publish('two');
    const other = rig.createHub('node-2');
    const again = rig.greeted({ resume: { ch: [['chat', e, o]] } }, other);
    assert.deepEqual(again.last('welcome').res[0], {
      ch: 'chat',
      s: 1,
      c: 'log',
      e,
      o,
      r: 'ok',
      from: 1,
      to: 2,
    });
    assert.deepEqual(again.payloads, ['one', 'two']);
    assert.deepEqual(again.last('live'), { t: 'live', s: 1, o: 2 });
  });

  it('rule 4: the verdict is ok with a contiguous range, or a gap with its reason and the new position', () => {
    const rig = new Rig({
      channels: { chat: { class: 'log', history: { maxCount: 3 } } },
      limits: { maxReplay: 2 },
    });
    const writer = rig.greeted();
    for (let index = 1; index <= 6; index++) writer.publish(index);
    const { e, o } = writer.subscribe();
    assert.equal(o, 6);
    const verdict = (epoch: string, offset: number) => {
      const { r, why, o: at, from, to } = rig.greeted().subscribe('chat', { e: epoch, o: offset });
      return [r, why, at, from, to];
    };
    assert.deepEqual(verdict(e, 6), ['ok', undefined, 6, undefined, undefined], 'contiguous and empty');
    assert.deepEqual(verdict(e, 4), ['ok', undefined, 4, 5, 6]);
    assert.deepEqual(verdict(e, 3), ['gap', 'too_far', 6, undefined, undefined]);
    assert.deepEqual(verdict(e, 2), ['gap', 'trimmed', 6, undefined, undefined]);
    assert.deepEqual(verdict('other', 4), ['gap', 'epoch', 6, undefined, undefined]);
    assert.deepEqual(
      verdict(e, 7),
      ['gap', 'epoch', 6, undefined, undefined],
      'ahead: the log was rolled back',
    );
  });

  it('rule 5: resume works without a message received, twice in a row, elsewhere, and after a reload', () => {
    const rig = new Rig();
    const writer = rig.greeted();
    const client = rig.client();
    const heard = client.subscribe();
    rig.advance(20);
    assert.deepEqual(heard.events, ['subscribed e1/0'], 'a position without a message');
    client.cut();
    writer.publish('one');
    rig.advance(2_000);
    client.cut();
    client.hub = rig.createHub('node-2');
    writer.publish('two');
    rig.advance(3_000);
    assert.deepEqual(
      heard.events.filter((event) => event.startsWith('msg')),
      ['msg one', 'msg two'],
    );

    const stored = JSON.parse(JSON.stringify(client.machine.resumeState));
    client.cut();
    client.hub = undefined;
    writer.publish('three');
    const reloaded = rig.client({ resume: stored });
    const later = reloaded.subscribe();
    rig.advance(20);
    assert.deepEqual(later.events, ['subscribed e1/2', 'msg three']);
    assert.equal(reloaded.received.find(({ t }) => t === 'welcome').resumed, true);
  });

  it('rule 6: a second connection with the session fences the first, on any node', () => {
    const rig = new Rig();
    const first = rig.greeted();
    const { sid, tok } = first.last('welcome');
    const resume = { sid, tok };
    const hub = rig.createHub('node-2');
    const second = rig.peer({}, hub);
    const third = rig.peer({});
    for (const peer of [second, third]) peer.send({ t: 'hello', id: 1, v: 1, auth: 'ann', resume });
    rig.advance(20);
    assert.equal(first.closed?.code, SessionCloseCode.Fenced);
    const winners = [second, third].filter((peer) => peer.last('welcome').resumed);
    assert.deepEqual(winners, [second], 'exactly one of two claimants');
    assert.equal(third.closed, undefined);
  });

  it('rule 5: a client of as many subscriptions as it may have, with long names and a long credential, resumes', () => {
    const names = Array.from({ length: 200 }, (_, index) => `${'long-name:'.repeat(11)}${index}`);
    const rig = new Rig({
      channels: Object.fromEntries(names.map((name) => [name, { class: 'log' as const }])),
      authenticate: () => ({ type: 'accepted', subject: 'bob' }),
    });
    const client = rig.client({ credential: 'x'.repeat(8_000) });
    const heard = names.map((name) => client.subscribe(name, { window: 16 }));
    rig.advance(100);
    client.cut();
    rig.advance(2_000);
    assert.equal(client.machine.state, 'open');
    assert.ok(heard.every(({ sub }) => sub.isActive));
    assert.ok(
      client.sent.some(({ t, resume }) => t === 'hello' && resume.ch.length > 20),
      'most go with hello',
    );
  });

  it('tells of a credential that lasts nearly for ever in numbers that a packet takes', () => {
    const rig = new Rig({ authenticate: () => ({ type: 'accepted', subject: 'ann', expiresInMs: 1e300 }) });
    const peer = rig.greeted();
    assert.doesNotThrow(() => asServerPacket(peer.last('welcome')));
    const { ok } = peer.ask({ t: 'auth', auth: 'ann' });
    assert.ok(Number.isSafeInteger(ok.authMs) && ok.authMs > 0);
    assert.equal(rig.client().machine.state, 'open');
  });
});
