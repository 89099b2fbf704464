import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, callStream, connect, history, presence, UsageError } from '../../../src/client/index.ts';
import { WebSocket } from '../../../src/websocket/index.ts';
import { openPair, reached } from '../real-pair.ts';

describe('call', () => {
  it('gives the answer, also when there is no connection yet', async (test) => {
    const { client } = await openPair(test);
    assert.equal(await call(client(), 'double', 21), 42);
  });

  it('is made by the subject that the token names', async (test) => {
    const { client } = await openPair(test);
    assert.equal(await call(client({ token: 'bob' }), 'mine', null), 'of bob');
  });

  it('refuses an input here that does not fit the contract', async (test) => {
    const { client } = await openPair(test);
    await assert.rejects(call(client(), 'double', 'x' as never), { code: 'schema' });
    await assert.rejects(call(client(), 'none' as 'double', 1), UsageError);
  });

  it('is given up with the reason of the signal', async (test) => {
    const { client } = await openPair(test);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(call(client(), 'double', 1, { signal }), reason);
  });

  it('fails with `disconnected` when the client is closed', async (test) => {
    const { client } = await openPair(test);
    const closing = client();
    const asked = assert.rejects(call(closing, 'double', 1), { code: 'disconnected' });
    closing.close();
    await asked;
  });
});

describe('callStream', () => {
  it('gives each item, and ends', async (test) => {
    const { client } = await openPair(test);
    const items: number[] = [];
    for await (const item of callStream(client(), 'ticks', 50)) items.push(item);
    assert.deepEqual(
      items,
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
  });

  it('is cancelled at the server when the loop is left', async (test) => {
    const { client, errors } = await openPair(test);
    const streaming = client();
    for await (const item of callStream(streaming, 'ticks', 1_000_000)) if (item === 3) break;
    // The server answers calls in order of arrival: it has heard of the cancellation when it answers the next.
    assert.equal(await call(streaming, 'double', 2), 4);
    assert.deepEqual(errors, []);
  });

  it('gets every item though it takes them slowly: the server waits', async (test) => {
    const { client } = await openPair(test);
    const streaming = client({ limits: { maxUnreadItems: 10 } });
    const items = callStream(streaming, 'ticks', 200);
    await reached(streaming, 'open');
    for (let answers = 0; answers < 40; answers++) await call(streaming, 'double', answers);
    let expected = 0;
    for await (const item of items) assert.equal(item, ++expected);
    assert.equal(expected, 200);
  });

  it('throws the reason of its signal', async (test) => {
    const { client } = await openPair(test);
    const controller = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(async () => {
      for await (const item of callStream(client(), 'ticks', 1_000_000, { signal: controller.signal })) {
        if (item === 2) controller.abort(reason);
      }
    }, reason);
  });

  it('refuses here what no packet can carry, and goes on', async (test) => {
    const { url } = await openPair(test);
    const client = connect(url, { WebSocket, token: 'ann' });
    test.after(() => client.close());
    await assert.rejects(call(client, 'double', 7n as never), { code: 'bad_request' });
    await assert.rejects(call(client, 'x'.repeat(129), 1), UsageError);
    for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(call(client, 'double', 1, { timeoutMs }), UsageError);
    }
    assert.equal(await call(client, 'double', 1, { timeoutMs: 9_999.5 }), 2);
    assert.throws(() => callStream(client, 'ticks', 7n as never), { code: 'bad_request' });
    await assert.rejects(presence(client.channel('chat:1')).enter(7n as never), { code: 'bad_request' });
    await assert.rejects(history(client.channel('chat:1'), { limit: 0.5 }), UsageError);
    await assert.rejects(history(client.channel('chat:1'), { limit: -1 }), UsageError);
    const nowhere = { epoch: 'no epoch', offset: 1 };
    await assert.rejects(history(client.channel('chat:1'), { before: nowhere }), UsageError);
    await presence(client.channel('chat:1')).enter({ name: 'Ann' });
    assert.equal(client.state, 'open');
  });
});
