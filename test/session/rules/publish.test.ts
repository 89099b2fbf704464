// Rules 12 to 15: what a publish promises, and how it is repeated.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rig } from './rig.ts';

describe('rules of publishing', () => {
  it('rule 12: a sequence is appended once; again it gives the first result; a later one is a gap', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    assert.deepEqual(peer.publish('a', { q: 1 }).ok, { e: 'e1', o: 1, dup: false });
    assert.deepEqual(peer.publish('b', { q: 2 }).ok, { e: 'e1', o: 2, dup: false });
    assert.deepEqual(peer.publish('a', { q: 1 }).ok, { e: 'e1', o: 1, dup: true });
    const { code, retry, expect } = peer.publish('d', { q: 4 }).err;
    assert.deepEqual([code, retry, expect], ['seq_gap', 'now', 3]);
    const expired = peer.publish('x', { q: 7, prod: 'never-seen' }).err;
    assert.deepEqual([expired.code, expired.retry], ['producer_expired', 'no']);
    assert.equal(rig.ledger.current('chat')!.entries.length, 2);
  });

  it('rule 12: a client sends what was not answered again, in order, and nothing is doubled', () => {
    const rig = new Rig();
    const client = rig.client();
    client.passesDown = ({ t }) => t !== 'reply';
    const results = ['one', 'two', 'three'].map((data) => client.publish(data));
    rig.advance(20);
    client.passesDown = () => true;
    client.cut();
    rig.advance(2_000);
    assert.deepEqual(
      rig.ledger.current('chat')!.entries.map(({ data }) => data),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(
      results.map(({ result }) => result),
      [1, 2, 3].map((offset) => ({
        position: { epoch: 'e1', offset },
        duplicate: true,
      })),
    );
  });

  it('rule 12: past the window the outcome is unknown: the caller is told, and later ones go on', () => {
    const rig = new Rig();
    const client = rig.client();
    client.publish('first');
    rig.advance(20);
    client.passesDown = ({ t }) => t !== 'reply';
    const uncertain = client.publish('uncertain');
    rig.advance(20);
    client.cut();
    client.passesDown = () => true;
    rig.broker.crash();
    rig.broker.restart('emptied');
    const later = client.publish('later');
    rig.advance(3_000);
    assert.equal(uncertain.result?.error?.code, 'producer_expired');
    assert.deepEqual(later.result?.error, undefined);
    assert.deepEqual(
      rig.ledger.current('chat')!.entries.map(({ data }) => data),
      ['later'],
    );
  });

  it('rule 13: the caller’s own key is appended once within its window', () => {
    const rig = new Rig({ channels: { chat: { class: 'log', dedupeWindowMs: 10_000 } } });
    const peer = rig.greeted();
    assert.equal(peer.publish('a', { key: 'order-1' }).ok.dup, false);
    assert.deepEqual(rig.greeted().publish('b', { key: 'order-1' }).ok, { e: 'e1', o: 1, dup: true });
    assert.equal(
      rig.greeted({ auth: 'eve' }).publish('c', { key: 'order-1' }).ok.dup,
      false,
      'of another subject',
    );
    rig.advance(10_001);
    assert.equal(rig.greeted().publish('d', { key: 'order-1' }).ok.dup, false, 'after the window');
  });

  it('rule 14: the reply comes after the append, and a failed append is never acknowledged', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    peer.send({ t: 'pub', id: 7, ch: 'chat', d: 'x' });
    assert.equal(peer.last('reply'), undefined);
    rig.advance(20);
    assert.equal(peer.last('reply').ok.o, 1);
    rig.broker.crash();
    const { code, retry } = peer.publish('lost').err;
    assert.deepEqual([code, retry], ['unavailable', 'after']);
    assert.equal(rig.ledger.current('chat')!.entries.length, 1);
  });

  it('rule 15: publishes are pipelined up to the announced number, in order for each channel', () => {
    const waiting: (() => void)[] = [];
    const rig = new Rig({ limits: { maxInflight: 3 } });
    const { authority } = rig.hub;
    const authorize = authority.authorize.bind(authority);
    // The first check takes longest: the order is kept all the same.
    authority.authorize = (request, done) => {
      if (request.data === 1) waiting.push(() => authorize(request, done));
      else authorize(request, done);
    };
    const peer = rig.greeted();
    assert.equal(peer.last('welcome').max.inflight, 3);
    for (let index = 1; index <= 4; index++) peer.send({ t: 'pub', id: index, ch: 'chat', d: index });
    assert.deepEqual([peer.last('reply').id, peer.last('reply').err.code], [4, 'too_many_inflight']);
    waiting[0]!();
    rig.advance(20);
    assert.deepEqual(
      rig.ledger.current('chat')!.entries.map(({ data }) => data),
      ['1', '2', '3'],
    );
  });
});
