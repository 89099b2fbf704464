// Rules 7 to 11: offsets, holes, replay and the gate.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rig } from './rig.ts';

describe('rules of the stream', () => {
  it('rule 7: the offset grows by 1 for each stored publication; a broker that lost its store has a new epoch', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    const { s } = peer.subscribe();
    const positions = ['a', 'b', 'c'].map((data) => peer.publish(data).ok);
    assert.deepEqual(
      positions.map(({ o }) => o),
      [1, 2, 3],
    );
    assert.deepEqual(
      peer.all('msg').map(({ o }) => o),
      [1, 2, 3],
    );
    rig.broker.crash();
    rig.broker.restart('emptied');
    rig.advance(2_000);
    const gap = peer.last('gap');
    assert.deepEqual([gap.s, gap.why, gap.o], [s, 'epoch', 0]);
    assert.notEqual(gap.e, positions[0].e);
    assert.notEqual(gap.to, s, 'a stream number names one epoch');
    assert.deepEqual(peer.publish('d').ok, { e: gap.e, o: 1, dup: false });
  });

  it('rule 8: a hidden publication still moves the position', () => {
    const rig = new Rig({
      authorize: ({ verb }) =>
        verb === 'subscribe'
          ? { type: 'allowed', policy: rig.policy('chat'), isVisible: ({ data }) => data !== 'hidden' }
          : undefined,
    });
    const client = rig.client();
    const heard = client.subscribe();
    rig.advance(20);
    for (const data of ['one', 'hidden', 'hidden', 'two']) client.publish(data);
    rig.advance(50);
    assert.deepEqual(heard.events, ['subscribed e1/0', 'msg one', 'msg two']);
    assert.deepEqual(
      client.received.filter(({ t }) => t === 'pos'),
      [{ t: 'pos', s: 1, f: 2, o: 3 }],
    );
    assert.deepEqual(heard.sub.position, { epoch: 'e1', offset: 4 });
    assert.equal(client.sent.filter(({ t }) => t === 'sub').length, 1, 'it saw no hole');
  });

  it('rule 9: a client that sees a hole stops delivering and subscribes again from its position', () => {
    const rig = new Rig();
    const client = rig.client();
    const heard = client.subscribe();
    rig.advance(20);
    const writer = rig.greeted();
    let lost = 0;
    client.passesDown = (packet) => packet.d !== 'two' || lost++ > 0;
    for (const data of ['one', 'two', 'three']) writer.publish(data);
    rig.advance(50);
    assert.deepEqual(
      client.sent.filter(({ t }) => t === 'sub').map(({ e, o }) => [e, o]),
      [
        [undefined, undefined],
        ['e1', 1],
      ],
    );
    assert.deepEqual(heard.events, ['subscribed e1/0', 'msg one', 'subscribed e1/1', 'msg two', 'msg three']);
  });

  it('rule 9: the loss of the very last message is found by the next pong', () => {
    const rig = new Rig({ times: { pingMs: 1_000 } });
    const client = rig.client();
    const heard = client.subscribe();
    rig.advance(20);
    client.passesDown = (packet) => packet.d !== 'last';
    rig.greeted().publish('last');
    client.passesDown = () => true;
    assert.deepEqual(heard.events, ['subscribed e1/0']);
    rig.advance(1_100);
    assert.deepEqual(heard.events, ['subscribed e1/0', 'subscribed e1/0', 'msg last']);
  });

  it('rule 9: a node that lost the last message of its broker finds it by comparing positions', () => {
    const rig = new Rig({ times: { positionCheckMs: 2_000 } });
    const peer = rig.greeted();
    peer.subscribe();
    rig.broker.silence();
    rig.greeted().publish('unheard');
    assert.deepEqual(peer.payloads, []);
    rig.advance(6_000);
    assert.deepEqual(peer.payloads, ['unheard']);
  });

  it('rule 10: replay is chunked; what is published meanwhile waits, and comes after it', () => {
    const rig = new Rig({ limits: { historyPage: 2, maxGate: 64 } });
    const writer = rig.greeted();
    for (let index = 1; index <= 5; index++) writer.publish(index);
    const reader = rig.greeted();
    reader.send({ t: 'sub', id: 2, ch: 'chat', e: 'e1', o: 0 });
    for (let index = 6; index <= 9; index++) {
      rig.advance(1);
      writer.send({ t: 'pub', id: index, ch: 'chat', d: index });
    }
    rig.advance(50);
    assert.deepEqual(reader.payloads, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(
      reader.received
        .slice(1)
        .map(({ t }) => t)
        .filter((t) => t !== 'msg'),
      ['reply', 'live'],
    );
  });

  it('rule 10: a gate that overflows restarts the replay, and disorders nothing', () => {
    const rig = new Rig({ limits: { historyPage: 1, maxGate: 2 } });
    const writer = rig.greeted();
    writer.subscribe();
    for (let index = 1; index <= 3; index++) writer.publish(index);
    const reader = rig.greeted();
    reader.send({ t: 'sub', id: 2, ch: 'chat', e: 'e1', o: 0 });
    for (let index = 4; index <= 24; index++) writer.send({ t: 'pub', id: index, ch: 'chat', d: index });
    rig.advance(200);
    assert.deepEqual(
      reader.payloads,
      Array.from({ length: 24 }, (_, index) => index + 1),
    );
  });

  it('rule 11: an offset is delivered to a handler at most once, however often it arrives', () => {
    const rig = new Rig();
    const client = rig.client();
    const heard = client.subscribe();
    rig.advance(20);
    rig.greeted().publish('once');
    const packet = client.received.find(({ t }) => t === 'msg');
    client.machine.receive(JSON.stringify(packet), client.now);
    client.machine.receive(JSON.stringify(packet), client.now);
    assert.deepEqual(heard.events, ['subscribed e1/0', 'msg once']);
  });
});
