// Rules 21 to 23: who is present, who is away, and how it is told.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxPresenceClock } from '../../src/channel/index.ts';
import { asServerPacket } from '../../src/session/index.ts';
import { type Peer, Rig } from './rig.ts';

function enter(peer: Peer, c: number, d: unknown = 'here'): void {
  peer.ask({ t: 'pres', ch: 'chat', do: 'enter', c, d });
}

function members(rig: Rig): unknown[] {
  return rig.broker.members('chat').map(({ key, data, away }) => [key.split('/')[0], data, away === true]);
}

describe('rules of presence', () => {
  it('rule 21: the key is subject and session, the higher clock wins, an older change does nothing', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    enter(peer, 1_024, 'first');
    enter(peer, 2_048, 'second');
    enter(peer, 1_024, 'late');
    assert.deepEqual(members(rig), [['ann', 'second', false]]);
    assert.equal(rig.broker.members('chat')[0]!.key, `ann/${peer.last('welcome').sid}`);
  });

  it('rule 21: a leave that the server made up loses against a client that came back', () => {
    const rig = new Rig();
    const first = rig.greeted();
    enter(first, 2, 'before');
    const { sid, tok } = first.last('welcome');
    first.cut();
    const second = rig.greeted({ resume: { sid, tok } });
    // The made-up leave will have the clock 4 as well: 2, and one for away, and one for the leave.
    enter(second, 4, 'back');
    rig.advance(20_000);
    assert.deepEqual(members(rig), [['ann', 'back', false]]);
  });

  it('rule 22: a broken connection is away at once and gone after the grace; bye is gone at once', () => {
    const rig = new Rig();
    const [broken, polite] = [rig.greeted(), rig.greeted({ auth: 'zoe' })];
    enter(broken, 1_024);
    enter(polite, 1_024);
    broken.cut();
    polite.send({ t: 'bye' });
    rig.advance(10);
    assert.deepEqual(members(rig), [['ann', 'here', true]]);
    rig.advance(14_900);
    assert.equal(members(rig).length, 1);
    rig.advance(200);
    assert.deepEqual(members(rig), []);
  });

  it('rule 22: a member with the highest clock there is leaves after the grace, and everybody can read its clocks', () => {
    const rig = new Rig();
    const watcher = rig.greeted({ auth: 'zoe' });
    watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    const high = rig.greeted();
    enter(high, maxPresenceClock);
    high.cut();
    rig.advance(20_000);
    assert.deepEqual(members(rig), []);
    for (const packet of watcher.all('map')) assert.doesNotThrow(() => asServerPacket(packet));
  });

  it('a clock that leaves the server no room above it is malformed', () => {
    const rig = new Rig();
    const greedy = rig.greeted();
    enter(greedy, maxPresenceClock + 1);
    assert.equal(greedy.closed?.code, 4400);
    assert.deepEqual(members(rig), []);
  });

  it('rule 22: the members of a dead node leave exactly once', () => {
    const rig = new Rig();
    const watcher = rig.greeted({}, rig.createHub('node-2'));
    watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    enter(rig.greeted(), 1_024);
    const beat = (): void => watcher.send({ t: 'ping' });
    rig.dead.add('node-1');
    for (let seconds = 0; seconds < 60; seconds += 5) {
      beat();
      rig.advance(5_000);
    }
    assert.deepEqual(members(rig), []);
    const left = watcher.all('map').filter(({ rm }) => rm !== undefined);
    assert.equal(left.length, 1);
  });

  it('rule 22: a node whose lease had lapsed puts its members again', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    enter(peer, 1_024);
    rig.broker.crash();
    rig.broker.restart('intact');
    assert.deepEqual(members(rig), []);
    for (let seconds = 0; seconds < 30; seconds += 5) {
      peer.send({ t: 'ping' });
      rig.advance(5_000);
    }
    assert.deepEqual(members(rig), [['ann', 'here', false]]);
  });

  it('rule 23: a snapshot is paged at one position, then differences follow', () => {
    const rig = new Rig();
    for (let index = 0; index < 120; index++) enter(rig.greeted({ auth: `user-${index}` }), 1_024, index);
    const watcher = rig.greeted();
    const { n, full, o } = watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' }).ok;
    assert.deepEqual([n, full, o], [120, true, 120]);
    const pages = watcher.all('map');
    assert.deepEqual(
      pages.map(({ o: at, put, more, snap }) => [at, put.length, more, snap]),
      [
        [120, 100, 1, 1],
        [120, 20, undefined, 1],
      ],
    );
    enter(rig.greeted({ auth: 'late' }), 1_024);
    assert.deepEqual(
      [watcher.last('map').o, watcher.last('map').put.length, watcher.last('map').n],
      [121, 1, 121],
    );
  });

  it('rule 23: of a large channel the number and a sample are told', () => {
    const rig = new Rig({ limits: { maxListedMembers: 30 }, times: { presenceSampleMs: 1_000 } });
    for (let index = 0; index < 40; index++) enter(rig.greeted({ auth: `user-${index}` }), 1_024);
    const watcher = rig.greeted();
    assert.equal(watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' }).ok.full, false);
    enter(rig.greeted({ auth: 'one-more' }), 1_024);
    assert.deepEqual(
      watcher.all('map').map(({ put, n, snap }) => [put.length, n, snap]),
      [[20, 40, 1]],
    );
    rig.advance(1_000);
    assert.deepEqual(
      watcher
        .all('map')
        .map(({ put, n, snap }) => [put.length, n, snap])
        .at(-1),
      [20, 41, 1],
    );
  });

  it('answers every request to watch once: also one that is replaced, or ends, before presence is known', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    for (const [id, what] of [
      [11, 'watch'],
      [12, 'watch'],
      [13, 'unwatch'],
      [14, 'watch'],
    ] as const) {
      peer.send({ t: 'pres', id, ch: 'chat', do: what });
    }
    rig.advance(50);
    const answers = peer.all('reply').filter(({ id }) => id > 10);
    assert.deepEqual(answers.map(({ id, err }) => [id, err?.code]).sort(), [
      [11, 'cancelled'],
      [12, 'cancelled'],
      [13, undefined],
      [14, undefined],
    ]);
    assert.equal(peer.all('map').length, 1);
  });

  it('tells who wants to watch that presence cannot be had now, and goes on for those who watch', () => {
    const rig = new Rig({
      channels: { chat: { class: 'log' }, news: { class: 'log' } },
      limits: { maxInflight: 2 },
    });
    const watcher = rig.greeted();
    watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    rig.broker.failure = 1;
    const late = rig.greeted({ auth: 'zoe' });
    for (let round = 0; round < 5; round++) {
      const { err } = late.ask({ t: 'pres', ch: 'news', do: 'watch' });
      assert.deepEqual([err.code, err.retry], ['unavailable', 'after']);
    }
    rig.broker.failure = 0;
    assert.ok(late.ask({ t: 'pres', ch: 'news', do: 'watch' }).ok);
    late.ask({ t: 'pres', ch: 'chat', do: 'enter', c: 1 });
    rig.advance(20);
    assert.equal(watcher.last('map').n, 1);
  });

  it('rule 23: a snapshot waits for room page by page, and is whole at the end, whatever has changed meanwhile', () => {
    const rig = new Rig({ limits: { maxQueuedBytes: 5_000 } });
    for (let index = 0; index < 350; index++) enter(rig.greeted({ auth: `user-${index}` }), 1_024, index);
    const [watcher, other] = [rig.greeted(), rig.greeted()];
    watcher.isStalled = true;
    watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    other.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    assert.equal(watcher.all('map').length, 2, 'the second page begins with room');
    enter(rig.greeted({ auth: 'late' }), 1_024, 'late');
    for (let round = 0; round < 10; round++) {
      watcher.drain();
      watcher.isStalled = true;
    }
    const listedAt = (at: number): number =>
      watcher.all('map').reduce((sum, { o, put }) => sum + (o === at ? put.length : 0), 0);
    assert.deepEqual([listedAt(350), listedAt(351)], [350, 351]);
    assert.equal(other.all('map').filter(({ snap }) => snap === 1).length, 4, 'who has room is not held up');
    watcher.drain();
    enter(rig.greeted({ auth: 'later' }), 1_024, 'later');
    assert.deepEqual([watcher.last('map').o, watcher.last('map').put.length], [352, 1]);
  });
});
