// Who is asked about what before anything is done, and what becomes of those who ask for more than they may.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Authority, errorBody, type PacketPace, SessionCloseCode } from '../../src/session/index.ts';
import { type AnyPacket, Rig } from './rig.ts';

const channels = { chat: { class: 'log' }, other: { class: 'log' } } as const;
const forbidden = { type: 'refused', error: errorBody('forbidden', 'no') } as const;

/** Every question is kept, until the test asks it. */
function holdQuestions(rig: Rig): (() => void)[] {
  const { authority } = rig.hub;
  const authorize = authority.authorize.bind(authority);
  const waiting: (() => void)[] = [];
  authority.authorize = (request, done) => waiting.push(() => authorize(request, done));
  return waiting;
}

describe('authorisation', () => {
  it('is asked for each verb by its name, with who it is', () => {
    const asked: unknown[] = [];
    const rig = new Rig({
      channels,
      authenticate: () => ({ type: 'accepted', subject: 'ann', identity: 'what the server knows' }),
      authorize: ({ verb, subject, identity, channel }) => {
        asked.push([verb, subject, identity, channel]);
        return undefined;
      },
    });
    const peer = rig.greeted();
    peer.subscribe('chat');
    peer.publish('hello');
    peer.ask({ t: 'hist', ch: 'chat', dir: 'back', n: 1 });
    peer.ask({ t: 'pres', ch: 'chat', do: 'enter', c: 1, d: 'here' });
    peer.ask({ t: 'pres', ch: 'chat', do: 'watch' });
    assert.deepEqual(
      asked,
      ['subscribe', 'publish', 'history', 'enter', 'presence'].map((verb) => [
        verb,
        'ann',
        'what the server knows',
        'chat',
      ]),
    );
  });

  it('is answered once: what comes after a no is nothing', () => {
    const rig = new Rig({ channels });
    const { authority } = rig.hub;
    const authorize = authority.authorize.bind(authority);
    authority.authorize = (request, done) => {
      done(forbidden);
      authorize(request, done);
    };
    const peer = rig.greeted();
    assert.equal(peer.publish('hello').err.code, 'forbidden');
    assert.equal(peer.ask({ t: 'sub', ch: 'chat' }).err.code, 'forbidden');
    assert.equal(peer.connection.subscriptionCount, 0);
    assert.equal(peer.all('reply').length, 2);
  });

  it('of a subscription that was replaced meanwhile opens nothing', () => {
    let answers = 0;
    const rig = new Rig({ channels, authorize: () => (answers++ === 0 ? undefined : forbidden) });
    const waiting = holdQuestions(rig);
    const peer = rig.greeted();
    for (const id of [1, 2]) peer.send({ t: 'sub', id, ch: 'chat' });
    for (const ask of waiting) ask();
    rig.advance(20);
    assert.equal(peer.connection.subscriptionCount, 0);
    assert.deepEqual(
      peer.all('reply').map(({ id, err }) => [id, err?.code]),
      [
        [1, 'cancelled'],
        [2, 'forbidden'],
      ],
    );
  });

  it('is asked again when the subject may do less: what is refused then ends, on live connections too', () => {
    let mayStay = true;
    const rig = new Rig({ channels, authorize: () => (mayStay ? undefined : forbidden) });
    const peer = rig.greeted();
    const { s } = peer.subscribe('chat');
    peer.ask({ t: 'pres', ch: 'chat', do: 'enter', c: 1, d: 'here' });
    const watched = peer.ask({ t: 'pres', ch: 'chat', do: 'watch' }).ok;
    mayStay = false;
    rig.hub.authorizeAgain('somebody else');
    rig.advance(20);
    assert.deepEqual(peer.all('end'), []);
    rig.hub.authorizeAgain('ann');
    rig.advance(20);
    assert.deepEqual(
      peer.all('end').map((end) => [end.s, end.err.code]),
      [
        [s, 'forbidden'],
        [watched.s, 'forbidden'],
      ],
    );
    assert.equal(peer.connection.subscriptionCount, 0);
    assert.deepEqual(rig.broker.members('chat'), []);
  });

  it('of history hides what it hides of a subscription', () => {
    const rig: Rig = new Rig({
      channels,
      authorize: ({ verb }) =>
        verb === 'history'
          ? { type: 'allowed', policy: rig.policy('chat'), isVisible: ({ data }) => data !== 'hidden' }
          : undefined,
    });
    const peer = rig.greeted();
    for (const text of ['shown', 'hidden', 'shown too']) peer.publish(text);
    const { m } = peer.ask({ t: 'hist', ch: 'chat', dir: 'fwd', n: 10 }).ok;
    assert.deepEqual(
      m.map(({ d }: AnyPacket) => d),
      ['shown', 'shown too'],
    );
  });
});

describe('authentication', () => {
  it('that throws lets nobody in, and tells nothing of why', () => {
    const rig = new Rig({
      authenticate: () => {
        throw new Error('a secret');
      },
    });
    const peer = rig.greeted();
    assert.deepEqual(peer.closed, { code: SessionCloseCode.InternalError, reason: 'internal error' });
    assert.equal(rig.reports.length, 1);
  });

  it('that is renewed has everything authorised again; one that is rejected renews nothing', () => {
    let asked = 0;
    const rig = new Rig({
      authenticate: ({ token }) =>
        token === 'bad'
          ? { type: 'rejected', reason: 'no' }
          : { type: 'accepted', subject: 'ann', expiresInMs: 5_000 },
      authorize: () => {
        asked++;
        return undefined;
      },
    });
    const peer = rig.greeted();
    peer.subscribe('chat');
    assert.equal(asked, 1);
    assert.equal(peer.ask({ t: 'auth', auth: 'bad' }).err.code, 'unauthenticated');
    assert.equal(asked, 1);
    assert.equal(peer.ask({ t: 'auth', auth: 'good' }).ok.authMs, 5_000);
    assert.equal(asked, 2);
    assert.equal(peer.ask({ t: 'auth', auth: 'bad' }).err.code, 'unauthenticated');
    rig.advance(7_000);
    assert.equal(peer.closed?.code, SessionCloseCode.CredentialExpired);
  });

  it('with goodbye leaves no session that somebody could continue', () => {
    const rig = new Rig();
    const first = rig.greeted();
    const { sid, tok } = first.last('welcome');
    first.send({ t: 'bye' });
    assert.equal(rig.greeted({ resume: { sid, tok } }).last('welcome').resumed, false);
  });
});

describe('requests', () => {
  const paced = (rig: Rig, pace: PacketPace) => {
    const peer = rig.peer({ pace });
    peer.send({ t: 'hello', id: 1, v: 1, auth: 'ann' });
    rig.advance(20);
    return peer;
  };

  it('that come too fast are told how long to wait, or end the connection', () => {
    const rig = new Rig();
    let waitMs = 0;
    const peer = paced(rig, { admit: () => waitMs });
    assert.equal(peer.publish('one').err, undefined);
    waitMs = 250;
    const { code, afterMs } = peer.publish('two').err;
    assert.deepEqual([code, afterMs], ['rate_limited', 250]);
    waitMs = Number.POSITIVE_INFINITY;
    peer.send({ t: 'ping' });
    assert.equal(peer.closed?.code, SessionCloseCode.TooMany);
  });

  it('in which something of ours throws end their connection, and no other', () => {
    const rig = new Rig();
    const unlucky = paced(rig, {
      admit: () => {
        throw new Error('a secret');
      },
    });
    unlucky.send({ t: 'ping' });
    assert.deepEqual(unlucky.closed, { code: SessionCloseCode.InternalError, reason: 'internal error' });
    assert.equal(rig.reports.length, 1);
    assert.equal(rig.greeted().publish('hello').err, undefined);
  });

  it('name a channel that can be one, and in a resume each once', () => {
    const rig = new Rig({ channels });
    const peer = rig.greeted();
    for (const request of [
      { t: 'sub' },
      { t: 'hist', dir: 'back', n: 1 },
      { t: 'pres', do: 'watch' },
      { t: 'pres', do: 'enter', c: 1 },
    ]) {
      assert.equal(peer.ask({ ...request, ch: 'no channel' }).err.code, 'bad_channel');
    }
    const resume = {
      ch: [
        ['chat', 'e1', 0],
        ['chat', 'e1', 0],
      ],
    };
    const [first, second] = rig.greeted({ resume }).last('welcome').res;
    assert.deepEqual([first.err, second.err.code], [undefined, 'bad_request']);
  });

  it('to watch end at the number of subscriptions', () => {
    const rig = new Rig({ channels, limits: { maxSubscriptions: 1 } });
    const peer = rig.greeted();
    assert.ok(peer.ask({ t: 'pres', ch: 'chat', do: 'watch' }).ok);
    assert.ok(peer.ask({ t: 'pres', ch: 'chat', do: 'watch' }).ok, 'again the same');
    assert.equal(peer.ask({ t: 'pres', ch: 'other', do: 'watch' }).err.code, 'too_many_subs');
  });

  it('to enter are remembered by their clocks for twice as many channels as one may be in', () => {
    let mayEnter = false;
    const rig = new Rig({
      channels: { ...channels, third: { class: 'log' } },
      limits: { maxPresences: 1 },
      authorize: () => (mayEnter ? undefined : forbidden),
    });
    const peer = rig.greeted();
    const enter = (ch: string, c: number) => peer.ask({ t: 'pres', ch, do: 'enter', c, d: 'here' });
    for (const ch of ['chat', 'other', 'third']) enter(ch, 5);
    mayEnter = true;
    enter('chat', 3);
    assert.equal(rig.broker.members('chat').length, 1);
  });
});

describe('calls', () => {
  type Call = NonNullable<Authority['call']>;
  const silent =
    (cancelled: unknown[], deadlineMs?: number): Call =>
    (request) => ({
      cancel: () => cancelled.push(request.method),
      ...(deadlineMs !== undefined && { deadlineMs }),
    });

  it('have each an id of its own', () => {
    const rig = new Rig({ call: silent([]) });
    const peer = rig.greeted();
    for (let count = 0; count < 2; count++) peer.send({ t: 'rpc', id: 7, m: 'roll' });
    assert.deepEqual(
      peer.all('reply').map(({ err }) => err.code),
      ['bad_request'],
    );
  });

  it('do not outlive their connection', () => {
    const cancelled: unknown[] = [];
    const rig = new Rig({ call: silent(cancelled) });
    const peer = rig.greeted();
    peer.send({ t: 'rpc', id: 7, m: 'roll' });
    peer.cut();
    assert.deepEqual(cancelled, ['roll']);
  });

  it('end at the deadline of the contract, if a client asks for more', () => {
    const cancelled: unknown[] = [];
    const rig = new Rig({ call: silent(cancelled, 100) });
    const peer = rig.greeted();
    const late = peer.ask({ t: 'rpc', m: 'roll', ms: 20_000 }, 1_500);
    assert.equal(late.err.code, 'deadline');
    assert.deepEqual(cancelled, ['roll']);
  });
});
