import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type OpenedSession, SessionRegistry } from '../../../src/session/index.ts';

function setUp(maxReleased = 10) {
  let [now, token, forgotten] = [0, 0, 0];
  const deferred: (() => void)[] = [];
  const registry = new SessionRegistry({
    randomToken: () => `token-${++token}`,
    ttlMs: 1_000,
    maxReleased,
    now: () => now,
    defer: (callback) => deferred.push(callback),
    onForgotten: () => forgotten++,
  });
  const fenced: string[] = [];
  const open = (subject: string, claim?: { sid: string; tok: string }): OpenedSession => {
    let opened: OpenedSession | undefined;
    registry.open(
      { subject, ...(claim !== undefined && { claim }) },
      {
        done: (session) => {
          assert.ok(session.type === undefined);
          opened = session;
        },
        onFenced: () => fenced.push(opened!.sid),
      },
    );
    assert.equal(opened, undefined, 'the answer comes after the call');
    for (const callback of deferred.splice(0)) callback();
    return opened!;
  };
  return { registry, open, fenced, pass: (ms: number) => (now += ms), forgotten: () => forgotten };
}

describe('session registry', () => {
  it('a claim goes on with the session under a new name and secret, and fences who held it', () => {
    const { open, fenced } = setUp();
    const first = open('ann');
    const second = open('ann', first);
    assert.equal(second.resumed, true);
    assert.equal(second.chain, first.chain);
    assert.notEqual(second.tok, first.tok);
    assert.deepEqual(fenced, [first.sid]);
  });

  it('of two claims of one secret exactly one goes on', () => {
    const { open } = setUp();
    const first = open('ann');
    assert.deepEqual([open('ann', first).resumed, open('ann', first).resumed], [true, false]);
  });

  it('another subject, another secret and an unknown name get a session of their own, and disturb nobody', () => {
    const { open, fenced } = setUp();
    const first = open('ann');
    for (const [subject, claim] of [
      ['eve', first],
      ['ann', { sid: first.sid, tok: 'guess' }],
      ['ann', { sid: first.sid, tok: '' }],
      ['ann', { sid: first.sid, tok: `${first.tok}x` }],
      ['ann', { sid: first.tok, tok: first.tok }],
      ['ann', { sid: '__proto__', tok: first.tok }],
    ] as const) {
      const session = open(subject, claim);
      assert.equal(session.resumed, false);
      assert.notEqual(session.chain, first.chain);
    }
    assert.deepEqual(fenced, []);
    assert.equal(open('ann', first).resumed, true, 'the true claim is still good');
  });

  it('a released session is kept for its time, and not longer', () => {
    const { registry, open, pass, fenced } = setUp();
    const [early, late] = [open('ann'), open('bob')];
    for (const { sid } of [early, late]) registry.release(sid);
    pass(999);
    assert.equal(open('ann', early).resumed, true);
    pass(1);
    assert.equal(open('bob', late).resumed, false);
    assert.deepEqual(fenced, [], 'nobody held them');
  });

  it('a connected session has no end, and one that said goodbye ends at once', () => {
    const { registry, open, pass } = setUp();
    const [connected, gone] = [open('ann'), open('bob')];
    registry.end(gone.sid);
    pass(1_000_000);
    assert.equal(open('ann', connected).resumed, true);
    assert.equal(open('bob', gone).resumed, false);
  });

  it('keeps so many released ones: the longest gone makes room', () => {
    const { registry, open, forgotten } = setUp(2);
    const sessions = [open('a'), open('b'), open('c')];
    for (const { sid } of sessions) registry.release(sid);
    assert.equal(registry.size, 2);
    assert.equal(forgotten(), 1);
    assert.equal(open('a', sessions[0]).resumed, false);
    assert.equal(open('c', sessions[2]).resumed, true);
  });
});
