import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StreamCall, type StreamHandler } from '../../../src/client/requests/stream-call.ts';

/** A stream whose server is the test. */
function stream(maxUnreadItems = 4) {
  let handler!: StreamHandler;
  const said: string[] = [];
  const items = new StreamCall<number>(
    (given) => {
      handler = given;
      return () => said.push('cancel');
    },
    { read: (data) => data, maxUnreadItems, grant: (credit) => said.push(`grant ${credit}`) },
  );
  return { items, handler, said };
}

describe('StreamCall', () => {
  it('grants as many as were taken, half a window at a time', async () => {
    const { items, handler, said } = stream();
    for (const item of [1, 2, 3, 4]) handler.onPart(item);
    assert.deepEqual(said, []);
    for (const item of [1, 2, 3, 4]) assert.equal((await items.next()).value, item);
    assert.deepEqual(said, ['grant 2', 'grant 2']);
  });

  it('cancels with `too_slow` when the server sends more than it was granted', async () => {
    const { items, handler, said } = stream(2);
    for (const item of [1, 2, 3]) handler.onPart(item);
    assert.deepEqual(said, ['cancel']);
    assert.equal((await items.next()).value, 1);
    assert.equal((await items.next()).value, 2);
    await assert.rejects(items.next(), { code: 'too_slow' });
    assert.equal((await items.next()).done, true);
  });

  it('gives what has arrived before it ends, and the failure once', async () => {
    const { items, handler } = stream();
    handler.onPart(1);
    handler.onDone({ error: { code: 'internal', msg: 'failed', retry: 'no' } });
    handler.onPart(2);
    assert.equal((await items.next()).value, 1);
    await assert.rejects(items.next(), { code: 'internal' });
    assert.equal((await items.next()).done, true);
  });

  it('answers whoever waits when it is left', async () => {
    const { items, said } = stream();
    const waiting = items.next();
    await items.return();
    assert.equal((await waiting).done, true);
    assert.deepEqual(said, ['cancel']);
    await items.return();
    assert.deepEqual(said, ['cancel']);
  });
});
