// Rules 16 to 20: credit, parking, conflation, and the byte window.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SessionCloseCode } from '../../src/session/index.ts';
import { Rig } from './rig.ts';

describe('rules of flow control', () => {
  it('rule 16: a log sends what credit allows, parks, and continues from history at the position', () => {
    const rig = new Rig();
    const writer = rig.greeted();
    const reader = rig.greeted();
    const { s } = reader.subscribe('chat', { n: 2 });
    for (let index = 1; index <= 6; index++) writer.publish(index);
    assert.deepEqual(reader.payloads, [1, 2]);
    reader.send({ t: 'ping' });
    assert.deepEqual(reader.last('pong').pos, [[s, 2, 6]], 'parked: it stands at 2, the channel at 6');
    reader.send({ t: 'credit', s, n: 3 });
    rig.advance(20);
    assert.deepEqual(reader.payloads, [1, 2, 3, 4, 5]);
    reader.send({ t: 'credit', s, n: 10 });
    rig.advance(20);
    assert.deepEqual(reader.payloads, [1, 2, 3, 4, 5, 6]);
    writer.publish(7);
    assert.deepEqual(reader.payloads.at(-1), 7, 'live again');
  });

  it('rule 16: what was trimmed while a reader was parked is a gap with policy', () => {
    const rig = new Rig({ channels: { chat: { class: 'log', history: { maxCount: 2 } } } });
    const writer = rig.greeted();
    const reader = rig.greeted();
    const { s } = reader.subscribe('chat', { n: 1 });
    for (let index = 1; index <= 6; index++) writer.publish(index);
    reader.send({ t: 'credit', s, n: 5 });
    rig.advance(20);
    assert.deepEqual(reader.last('gap'), { t: 'gap', s, why: 'policy', to: s, e: 'e1', o: 6 });
    writer.publish(7);
    assert.deepEqual(reader.payloads, [1, 7]);
  });

  it('rule 17: a state channel conflates by key while credit is out, and never across keys', () => {
    const rig = new Rig({ channels: { chat: { class: 'state' } } });
    const writer = rig.greeted();
    const reader = rig.greeted();
    const { s } = reader.subscribe('chat', { n: 1 });
    for (const [k, d] of [
      ['a', 1],
      ['a', 2],
      ['b', 3],
      ['a', 4],
      ['b', 5],
    ] as const)
      writer.publish(d, { k });
    assert.deepEqual(reader.payloads, [1]);
    reader.send({ t: 'credit', s, n: 10 });
    rig.advance(20);
    assert.deepEqual(
      reader.all('msg').map(({ k, d, f, o }) => [k, d, f ?? o, o]),
      [
        ['a', 1, 1, 1],
        ['a', 4, 2, 4],
        ['b', 5, 5, 5],
      ],
    );
  });

  it('rule 17: a reader with a small window gets the whole state, though removals before it were forgotten', () => {
    const rig = new Rig({ channels: { chat: { class: 'state', history: { maxAgeMs: 10 } } } });
    const writer = rig.greeted();
    writer.publish(1, { k: 'a' });
    writer.publish(null, { k: 'b', x: 1 });
    writer.publish(3, { k: 'c' });
    rig.advance(1_000);
    const reader = rig.greeted();
    const { s } = reader.subscribe('chat', { n: 1 });
    rig.advance(20);
    assert.deepEqual(reader.payloads, [1]);
    reader.send({ t: 'credit', s, n: 1 });
    rig.advance(20);
    assert.deepEqual(reader.payloads, [1, 3], 'it goes on where it was parked');
    assert.deepEqual(reader.all('gap'), []);
  });

  it('rule 17: a signal channel drops without credit, and tells how many', () => {
    const rig = new Rig({ channels: { chat: { class: 'signal' } } });
    const writer = rig.greeted();
    const reader = rig.greeted();
    const { s } = reader.subscribe('chat', { n: 1 });
    for (let index = 1; index <= 4; index++) writer.publish(index);
    reader.send({ t: 'credit', s, n: 2 });
    writer.publish(5);
    writer.publish(6);
    assert.deepEqual(
      reader.all('msg').map(({ d, drop }) => [d, drop]),
      [
        [1, undefined],
        [5, 3],
        [6, undefined],
      ],
    );
  });

  it('rule 18: a full byte window parks whatever the credit; replies and pongs still pass; a drain goes on', () => {
    const rig = new Rig({ limits: { maxQueuedBytes: 300 } });
    const writer = rig.greeted();
    const reader = rig.greeted();
    reader.subscribe('chat', { n: 1_000 });
    reader.isStalled = true;
    for (let index = 1; index <= 20; index++) writer.publish(index);
    const sent = reader.payloads.length;
    assert.ok(sent > 0 && sent < 20);
    reader.send({ t: 'ping' });
    assert.equal(reader.all('pong').length, 1);
    assert.equal(reader.closed, undefined);
    reader.drain();
    rig.advance(20);
    assert.deepEqual(
      reader.payloads,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it('rule 18: a peer that fills the reserve too is closed', () => {
    const rig = new Rig({ limits: { maxQueuedBytes: 100, controlReserveBytes: 200 } });
    const peer = rig.greeted();
    peer.isStalled = true;
    for (let index = 0; index < 30; index++) peer.send({ t: 'ping' });
    assert.equal(peer.closed?.code, SessionCloseCode.SlowReader);
  });

  it('rule 19: credit is given back when a handler has finished, not when its packet was parsed', () => {
    const rig = new Rig();
    const writer = rig.greeted();
    const client = rig.client();
    const heard = client.subscribe('chat', { window: 2 });
    rig.advance(20);
    for (let index = 1; index <= 6; index++) writer.publish(index);
    assert.deepEqual(heard.events.slice(1), ['msg 1', 'msg 2']);
    assert.equal(
      client.sent.some(({ t }) => t === 'credit'),
      false,
    );
    heard.unfinished[0]!();
    rig.advance(20);
    assert.deepEqual(heard.events.slice(1), ['msg 1', 'msg 2', 'msg 3']);
    heard.unfinished[0]!();
    rig.advance(20);
    assert.equal(heard.events.length, 4, 'finishing twice counts once');
  });

  it('rule 20: a client that never speaks of credit gets everything, and is closed with resume when it is full', () => {
    const rig = new Rig({ limits: { maxQueuedBytes: 2_000 } });
    const writer = rig.greeted();
    const reader = rig.greeted();
    reader.subscribe();
    for (let index = 1; index <= 100; index++) writer.publish(index);
    assert.equal(reader.payloads.length, 100);
    reader.isStalled = true;
    for (let index = 1; index <= 100 && reader.closed === undefined; index++) writer.publish(index);
    assert.equal(reader.closed?.code, SessionCloseCode.SlowReader);
    const { o } = reader.last('msg');
    const resume = { ch: [['chat', 'e1', o]] };
    assert.equal(rig.greeted({ resume }).last('welcome').res[0].r, 'ok');
  });

  it('a page of history is no larger than what may be queued: it ends early, and says where to go on', () => {
    for (const dir of ['back', 'fwd']) {
      const rig = new Rig({ limits: { maxQueuedBytes: 1_000 } });
      const peer = rig.greeted();
      for (const letter of 'abcdefg') peer.publish(letter.repeat(300));
      peer.publish('h'.repeat(2_000));
      const read: string[] = [];
      let at = {};
      for (let page = 0; page < 8; page++) {
        const { ok } = peer.ask({ t: 'hist', ch: 'chat', dir, n: 100, ...at });
        assert.ok(ok.m.length <= 3, 'three of them have less than 1 000 bytes');
        assert.ok(ok.m.length > 0, 'one is always there, however long');
        for (const { d } of ok.m) read.push(d[0]);
        at = { e: ok.e, o: ok.next };
        if (!ok.more) break;
      }
      assert.equal(read.join(''), dir === 'fwd' ? 'abcdefgh' : 'hgfedcba');
    }
  });

  it('a consumer that forgot its entries gets others once their leases have run out: others took them meanwhile', () => {
    const rig = new Rig({
      channels: { jobs: { class: 'mailbox' } },
      times: { mailboxLeaseMs: 10_000 },
    });
    const [forgetful, diligent] = [rig.greeted(), rig.greeted({ auth: 'zoe' })];
    forgetful.subscribe('jobs');
    for (let job = 1; job <= 256; job++) forgetful.publish(`job ${job}`, { ch: 'jobs' });
    rig.advance(500);
    assert.equal(forgetful.payloads.length, 256);
    const { s } = diligent.subscribe('jobs');
    rig.advance(15_000);
    const taken = diligent.all('msg').map(({ o }) => o);
    const kept = forgetful
      .all('msg')
      .slice(256)
      .map(({ o }) => o);
    assert.ok(taken.length + kept.length >= 256, 'all have come again');
    diligent.send({ t: 'ack', s, o: taken.slice(0, 256) });
    forgetful.send({ t: 'ack', s: forgetful.last('msg').s, o: kept.slice(0, 256) });
    diligent.ask({ t: 'unsub', ch: 'jobs' });
    diligent.ask({ t: 'pub', ch: 'jobs', d: 'the last' });
    rig.advance(15_000);
    assert.ok(forgetful.payloads.includes('the last'));
  });

  it('an acknowledgement counts after the lease has run out, as long as nobody else holds the entry', () => {
    const rig = new Rig({ channels: { jobs: { class: 'mailbox' } }, times: { mailboxLeaseMs: 1_000 } });
    const slow = rig.greeted();
    const { s } = slow.subscribe('jobs', { n: 1 });
    slow.publish('job', { ch: 'jobs' });
    rig.advance(5_000);
    slow.send({ t: 'ack', s, o: [1] });
    slow.send({ t: 'credit', s, n: 10 });
    rig.advance(5_000);
    assert.equal(rig.broker.waitingIn('jobs'), 0);
    assert.deepEqual(slow.payloads, ['job']);
  });
});
