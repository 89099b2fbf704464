// Rules 24 to 27: silence, errors, close codes, and what may come before welcome.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeVerdict, errorRetry, SessionCloseCode } from '../../src/session/index.ts';
import { type Peer, Rig } from './rig.ts';

function closeCode(peer: Peer): number | undefined {
  return peer.closed?.code;
}

describe('rules of liveness and errors', () => {
  it('rule 24: the server announces its times, and closes what was silent for too long', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    assert.deepEqual([peer.last('welcome').pingMs, peer.last('welcome').idleMs], [25_000, 33_000]);
    rig.advance(30_000);
    peer.send({ t: 'ping' });
    rig.advance(30_000);
    assert.equal(closeCode(peer), undefined, 'any packet resets the timer');
    rig.advance(5_000);
    assert.equal(closeCode(peer), SessionCloseCode.Idle);
  });

  it('rule 24: a client pings, and replaces a connection on which nothing comes back', () => {
    const rig = new Rig();
    const client = rig.client();
    rig.advance(26_000);
    assert.equal(client.sent.filter(({ t }) => t === 'ping').length, 1);
    assert.equal(client.received.at(-1).t, 'pong');
    client.die();
    rig.advance(60_000);
    assert.equal(client.machine.state, 'open');
    assert.deepEqual(client.states.slice(-4), ['waiting', 'connecting', 'greeting', 'open']);
  });

  it('rule 24: a client that wakes up probes at once, with a short deadline', () => {
    const rig = new Rig();
    const client = rig.client();
    client.die();
    client.machine.wake(client.now);
    client.arm();
    assert.equal(client.sent.at(-1).t, 'ping');
    rig.advance(4_900);
    assert.equal(client.machine.state, 'open');
    rig.advance(200);
    assert.equal(client.machine.state, 'waiting');
  });

  it('rule 24: a clock that jumped is a reason to probe, not to give up', () => {
    const rig = new Rig();
    const client = rig.client();
    const jumped = client.now + 3_600_000;
    client.machine.handleTimeout(jumped);
    assert.equal(client.machine.state, 'open');
    assert.ok(client.sent.filter(({ t }) => t === 'ping').length >= 1);
  });

  it('rule 25: an error has a code, a text and whether to retry, and closes nothing', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    const { err } = peer.ask({ t: 'sub', ch: 'nowhere' });
    assert.deepEqual(err, { code: 'unknown_channel', msg: 'no such channel', retry: 'no' });
    assert.equal(peer.ask({ t: 'sub', ch: 'not a name' }).err.code, 'bad_channel');
    assert.equal(peer.ask({ t: 'rpc', m: 'x' }).err.code, 'unknown_method');
    rig.broker.crash();
    const failed = peer.ask({ t: 'sub', ch: 'chat' }).err;
    assert.deepEqual([failed.code, failed.retry, failed.afterMs], ['unavailable', 'after', 1_000]);
    assert.equal(peer.closed, undefined);
    for (const retry of Object.values(errorRetry)) assert.ok(['no', 'now', 'after'].includes(retry));
  });

  it('rule 25: what the application throws is contained and reported', () => {
    const rig = new Rig({
      authorize: () => {
        throw new Error('secret detail');
      },
      call: () => {
        throw new Error('secret detail');
      },
    });
    const peer = rig.greeted();
    for (const packet of [
      { t: 'sub', ch: 'chat' },
      { t: 'rpc', m: 'x' },
    ]) {
      const { err } = peer.ask(packet);
      assert.equal(err.code, 'internal');
      assert.ok(!err.msg.includes('secret'));
    }
    assert.equal(rig.reports.length, 2);
    assert.equal(peer.closed, undefined);
  });

  it('rule 26: the close code tells what to do next', () => {
    const verdicts = [
      [1000, 'stop'],
      [1001, 'backoff'],
      [1006, 'backoff'],
      [1008, 'stop'],
      [1009, 'stop'],
      [1011, 'backoff'],
      [1012, 'backoff'],
      [1013, 'backoff'],
      [4000, 'backoff'],
      [4199, 'backoff'],
      [4200, 'credentials'],
      [4299, 'credentials'],
      [4300, 'elsewhere'],
      [4399, 'elsewhere'],
      [4400, 'stop'],
      [4409, 'stop'],
      [4499, 'stop'],
    ] as const;
    for (const [code, verdict] of verdicts) assert.equal(closeVerdict(code), verdict, String(code));
    const next = (code: number): string => {
      const client = new Rig().client();
      client.cut(code);
      return client.machine.state;
    };
    assert.deepEqual([4001, 4200, 4300, 4409].map(next), ['waiting', 'credentials', 'waiting', 'stopped']);
  });

  it('rule 26: a credential that runs out closes with 4200, after a notice; a new one in time keeps it open', () => {
    const rig = new Rig({
      authenticate: ({ token = '' }) => ({
        type: 'accepted',
        subject: token.split(':')[0]!,
        expiresInMs: 90_000,
      }),
    });
    const [expiring, renewing] = [rig.greeted({ auth: 'ann:1' }), rig.greeted({ auth: 'ann:1' })];
    assert.equal(expiring.last('welcome').authMs, 90_000);
    const beat = (): void => {
      for (const peer of [expiring, renewing]) peer.send({ t: 'ping' });
      rig.advance(20_000);
    };
    beat();
    beat();
    assert.equal(renewing.ask({ t: 'auth', auth: 'eve:1' }).err.code, 'forbidden');
    assert.deepEqual(renewing.ask({ t: 'auth', auth: 'ann:2' }).ok, { authMs: 90_000 });
    beat();
    // Between half of the notice and all of it, each at its own moment: here, with 0.5, at three quarters.
    const { inMs } = expiring.last('auth');
    assert.ok(inMs <= 45_000 && inMs > 43_000, String(inMs));
    beat();
    beat();
    assert.equal(expiring.closed?.code, SessionCloseCode.CredentialExpired);
    assert.equal(renewing.closed, undefined);
  });

  it('rule 27: before welcome only one hello is legal, small, and soon', () => {
    const rig = new Rig();
    const hello = { t: 'hello', id: 1, v: 1, auth: 'ann' };
    const codeAfter = (...messages: readonly object[]): number | undefined => {
      const peer = rig.peer();
      for (const message of messages) peer.send(message);
      return peer.closed?.code;
    };
    assert.equal(codeAfter({ t: 'ping' }), 4400);
    assert.equal(codeAfter(hello, { t: 'ping' }), 4400);
    assert.equal(codeAfter(hello, hello), 4400);
    assert.equal(codeAfter({ ...hello, v: 2 }), 4400);
    assert.equal(codeAfter({ ...hello, x: 'x'.repeat(16_384) }), 1009);
    assert.equal(codeAfter({ ...hello, x: 'x'.repeat(16_300) }), undefined);
    const silent = rig.peer();
    rig.advance(9_000);
    assert.equal(closeCode(silent), undefined);
    rig.advance(2_000);
    assert.equal(closeCode(silent), SessionCloseCode.NoHello);
    const late = rig.greeted();
    late.send(hello);
    assert.equal(late.closed?.code, 4400);
  });

  it('rule 27: a malformed packet closes with 4400 and is counted', () => {
    const rig = new Rig();
    const before = rig.hub.badPackets;
    const bad = [
      '{',
      '[]',
      '"x"',
      '{"t":"nonsense"}',
      '{"t":"sub","id":1}',
      '{"t":"sub","id":-1,"ch":"chat"}',
    ];
    for (const text of bad) {
      const peer = rig.greeted();
      peer.sendText(text);
      assert.equal(peer.closed?.code, SessionCloseCode.BadPacket, text);
    }
    assert.equal(rig.hub.badPackets - before, bad.length);
  });
});
