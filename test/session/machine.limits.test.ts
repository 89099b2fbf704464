// Every limit of the session: what is beyond it gets its answer, and is counted under its name.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../src/channel/index.ts';
import { resolveSessionLimits, type SessionLimits, sessionLimitDefaults } from '../../src/session/index.ts';
import { type AnyPacket, Rig } from './rig.ts';

interface Case {
  readonly limits: Partial<SessionLimits>;
  /** Goes up to the limit, and not beyond. */
  approach(rig: Rig): AnyPacket;
  /** Goes beyond it, with what `approach` gave. Returns what shows that it did not go on as before. */
  exceed(rig: Rig, given: AnyPacket): unknown;
  readonly shown: unknown;
}

const enter = { t: 'pres', do: 'enter', c: 1 };

const cases: { readonly [Name in keyof SessionLimits]: Case } = {
  maxPacketBytes: {
    limits: { maxPacketBytes: 20_000 },
    approach: (rig) => {
      const peer = rig.greeted();
      peer.sendText('{"t":"ping"}'.padEnd(20_000));
      return peer;
    },
    exceed: (_rig, peer) => {
      peer.sendText('{"t":"ping"}'.padEnd(20_001));
      return peer.closed.code;
    },
    shown: 1009,
  },
  maxHelloBytes: {
    limits: {},
    approach: (rig) => rig.peer().sendText('{"t":"hello","id":1,"v":1}'.padEnd(16_384)),
    exceed: (rig) => {
      const peer = rig.peer();
      peer.sendText('{"t":"hello","id":1,"v":1}'.padEnd(16_385));
      return peer.closed?.code;
    },
    shown: 1009,
  },
  maxSubscriptions: {
    limits: { maxSubscriptions: 1 },
    approach: (rig) => {
      const peer = rig.greeted();
      peer.subscribe('chat');
      return peer;
    },
    exceed: (_rig, peer) => peer.ask({ t: 'sub', ch: 'other' }).err.code,
    shown: 'too_many_subs',
  },
  maxInflight: {
    limits: { maxInflight: 2 },
    approach: (rig) => {
      const peer = rig.greeted();
      for (const id of [1, 2]) peer.send({ t: 'hist', id, ch: 'chat', dir: 'back', n: 1 });
      return peer;
    },
    exceed: (_rig, peer) => peer.ask({ t: 'hist', ch: 'chat', dir: 'back', n: 1 }).err.code,
    shown: 'too_many_inflight',
  },
  maxQueuedBytes: {
    limits: { maxQueuedBytes: 300 },
    approach: (rig) => {
      const reader = rig.greeted();
      reader.subscribe('chat', { n: 1_000 });
      reader.subscribe('other', { n: 1_000 });
      reader.isStalled = true;
      rig.greeted().publish(1);
      return reader;
    },
    exceed: (rig, reader) => {
      const writer = rig.greeted();
      for (let index = 2; index <= 20; index++) writer.publish(index);
      for (let index = 2; index <= 20; index++) writer.publish(index, { ch: 'other' });
      return reader.payloads.length < 20;
    },
    shown: true,
  },
  controlReserveBytes: {
    limits: { maxQueuedBytes: 100, controlReserveBytes: 200 },
    approach: (rig) => {
      const peer = rig.greeted();
      peer.isStalled = true;
      for (let index = 0; index < 10; index++) peer.send({ t: 'ping' });
      return peer;
    },
    exceed: (_rig, peer) => {
      for (let index = 0; index < 30; index++) peer.send({ t: 'ping' });
      return peer.closed.code;
    },
    shown: 4001,
  },
  maxGate: {
    limits: { maxGate: 3, historyPage: 1 },
    approach: (rig) => {
      const writer = rig.greeted();
      writer.publish(0);
      const reader = rig.greeted();
      reader.subscribe('other');
      reader.send({ t: 'sub', id: 2, ch: 'chat', e: 'e1', o: 0 });
      for (const id of [1, 2, 3]) writer.send({ t: 'pub', id, ch: 'chat', d: id });
      rig.advance(200);
      return writer;
    },
    exceed: (rig, writer) => {
      const reader = rig.greeted();
      reader.send({ t: 'sub', id: 2, ch: 'chat', e: 'e1', o: 0 });
      for (let id = 4; id <= 24; id++) writer.send({ t: 'pub', id, ch: 'chat', d: id });
      rig.advance(200);
      return reader.payloads.length;
    },
    shown: 25,
  },
  historyPage: {
    limits: { historyPage: 2 },
    approach: (rig) => {
      const peer = rig.greeted();
      for (let index = 1; index <= 3; index++) peer.publish(index);
      assert.equal(peer.ask({ t: 'hist', ch: 'chat', dir: 'back', n: 2 }).ok.m.length, 2);
      return peer;
    },
    exceed: (_rig, peer) => peer.ask({ t: 'hist', ch: 'chat', dir: 'back', n: 3 }).ok.m.length,
    shown: 2,
  },
  maxReplay: {
    limits: { maxReplay: 2 },
    approach: (rig) => {
      const writer = rig.greeted();
      for (let index = 1; index <= 3; index++) writer.publish(index);
      assert.equal(rig.greeted().subscribe('chat', { e: 'e1', o: 1 }).r, 'ok');
    },
    exceed: (rig) => rig.greeted().subscribe('chat', { e: 'e1', o: 0 }).why,
    shown: 'too_far',
  },
  maxListedMembers: {
    limits: { maxListedMembers: 2 },
    approach: (rig) => {
      const watcher = rig.greeted();
      for (const auth of ['ann', 'bob']) rig.greeted({ auth }).ask({ ...enter, ch: 'chat' });
      watcher.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    },
    exceed: (rig) => {
      rig.greeted({ auth: 'eve' }).ask({ ...enter, ch: 'chat' });
      return rig.greeted().ask({ t: 'pres', ch: 'chat', do: 'watch' }).ok.full;
    },
    shown: false,
  },
  maxPresences: {
    limits: { maxPresences: 1 },
    approach: (rig) => {
      const peer = rig.greeted();
      peer.ask({ ...enter, ch: 'chat' });
      peer.ask({ ...enter, ch: 'chat', c: 2 });
      return peer;
    },
    exceed: (_rig, peer) => peer.ask({ ...enter, ch: 'other', c: 3 }).err.code,
    shown: 'too_many_subs',
  },
  maxPresenceBytes: {
    limits: { maxPresenceBytes: 30 },
    approach: (rig) => {
      const peer = rig.greeted();
      assert.deepEqual(peer.ask({ ...enter, ch: 'chat', d: 'fourteen chars' }).ok, {});
      return peer;
    },
    exceed: (_rig, peer) => peer.ask({ ...enter, ch: 'chat', c: 2, d: 'fifteen letters' }).err.code,
    shown: 'too_large',
  },
};

describe('a limit of the session', () => {
  const channels = { chat: { class: 'log' }, other: { class: 'log' } } as const;
  for (const [name, { limits, approach, exceed, shown }] of Object.entries(cases)) {
    it(`${name}: beyond it there is an answer, which is counted; up to it, there is none`, () => {
      const rig = new Rig({ channels, limits });
      const given = approach(rig);
      assert.deepEqual(rig.reached, [] as string[]);
      assert.deepEqual(exceed(rig, given), shown);
      assert.ok(rig.reached.includes(name), `reached: ${rig.reached}`);
      assert.deepEqual(rig.reports, []);
    });
  }

  it('is counted once while a queue is full, and again when it fills again', () => {
    const rig = new Rig({ channels, limits: { maxQueuedBytes: 300 } });
    const { approach, exceed } = cases.maxQueuedBytes;
    const reader = approach(rig);
    exceed(rig, reader);
    assert.deepEqual(rig.reached, ['maxQueuedBytes']);
    reader.drain();
    rig.advance(20);
    reader.isStalled = true;
    exceed(rig, reader);
    assert.deepEqual(rig.reached, ['maxQueuedBytes', 'maxQueuedBytes']);
  });

  it('maxPresences holds for what is asked for at once, however long the authority takes', () => {
    const waiting: (() => void)[] = [];
    const rig = new Rig({ channels, limits: { maxPresences: 1 } });
    const { authority } = rig.hub;
    const authorize = authority.authorize.bind(authority);
    authority.authorize = (request, done) => waiting.push(() => authorize(request, done));
    const peer = rig.greeted();
    peer.send({ ...enter, id: 1, ch: 'chat' });
    peer.send({ ...enter, id: 2, ch: 'other', c: 2 });
    for (const answer of waiting) answer();
    rig.advance(20);
    assert.deepEqual(
      peer.all('reply').map(({ id, ok, err }) => [id, err?.code ?? ok]),
      [
        [2, 'too_many_subs'],
        [1, {}],
      ],
    );
  });
});

describe('limits of a session that can never work', () => {
  for (const [name, given, message] of [
    ['0', { maxInflight: 0 }, /limits\.maxInflight must be a whole number from 1, got 0/],
    ['text', { maxGate: '5' }, /limits\.maxGate .* got 5/],
    ['infinity', { maxReplay: Number.POSITIVE_INFINITY }, /limits\.maxReplay .* got Infinity/],
    ['a name that is not known', { maxPacketSize: 5 }, /limits\.maxPacketSize is not known/],
    [
      'a hello longer than a packet',
      { maxHelloBytes: 30_000, maxPacketBytes: 20_000 },
      /limits\.maxHelloBytes \(30000\) is above limits\.maxPacketBytes \(20000\)/,
    ],
    [
      'a packet that holds no hello',
      { maxPacketBytes: 16_383 },
      /limits\.maxPacketBytes \(16383\) must be at least 16384/,
    ],
    [
      'a hello shorter than clients count on',
      { maxHelloBytes: 16_383 },
      /limits\.maxHelloBytes \(16383\) must be at least 16384/,
    ],
    [
      'a page longer than a replay',
      { historyPage: 20, maxReplay: 10 },
      /limits\.historyPage \(20\) is above limits\.maxReplay \(10\)/,
    ],
    [
      'a presence larger than its packet',
      { maxPresenceBytes: 70_000 },
      /limits\.maxPresenceBytes \(70000\) is above limits\.maxPacketBytes \(65536\)/,
    ],
  ] as const) {
    it(`are refused: ${name}`, () => {
      assert.throws(
        () => resolveSessionLimits(given as Partial<SessionLimits>),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }

  it('are not those of a default, which gives way', () => {
    assert.deepEqual(resolveSessionLimits({ maxPacketBytes: 16_384, maxReplay: 10 }), {
      ...sessionLimitDefaults,
      maxPacketBytes: 16_384,
      maxReplay: 10,
      historyPage: 10,
    });
  });
});
