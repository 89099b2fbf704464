import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { history } from '../../../src/client/index.ts';
import { VirtualNet } from '../virtual-net.ts';

describe('history', () => {
  it('gives the latest, the earliest of them first, and leads back page by page', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    for (const text of ['1', '2', '3', '4', '5']) await net.publish(text);
    const chat = client.channel('chat');
    const [page] = await Promise.all([history(chat, { limit: 2 }), net.advance()]);
    assert.deepEqual(
      page.messages.map(({ data }) => data),
      ['4', '5'],
    );
    assert.equal(page.head.offset, 5);
    const [older] = await Promise.all([history(chat, { limit: 9, before: page.next! }), net.advance()]);
    assert.deepEqual(
      older.messages.map(({ data }) => data),
      ['1', '2', '3'],
    );
    assert.equal(older.next, undefined);
  });

  it('joins with what follows: nothing is missed between a page and a subscription from its head', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    await net.publish('old');
    const chat = client.channel('chat');
    const [{ messages, head }] = await Promise.all([history(chat), net.advance()]);
    await net.publish('between');
    const heard = messages.map(({ data }) => data);
    chat.subscribe(({ data }) => void heard.push(data), { from: head });
    await net.advance();
    await net.publish('new');
    assert.deepEqual(heard, ['old', 'between', 'new']);
  });

  it('waits for a connection, and is asked again when that is lost', async () => {
    const net = new VirtualNet();
    await net.publish('kept');
    const client = net.client();
    const asked = history(client.channel('chat'));
    client.connect();
    while (client.state !== 'open') await net.advance(1);
    net.socket.cut();
    const [page] = await Promise.all([asked, net.advance(1_000)]);
    assert.deepEqual(
      page.messages.map(({ data }) => data),
      ['kept'],
    );
  });

  it('fails with `disconnected` when no connection comes, and with the reason of a signal', async () => {
    const net = new VirtualNet();
    net.isSilent = true;
    const client = net.client({ limits: { requestWaitMs: 2_000 } });
    client.connect();
    const asked = assert.rejects(history(client.channel('chat')), { code: 'disconnected' });
    const controller = new AbortController();
    const reason = new Error('enough');
    const aborted = assert.rejects(history(client.channel('chat'), { signal: controller.signal }), reason);
    controller.abort(reason);
    await aborted;
    await net.advance(2_100);
    await asked;
  });
});
