// The chat while its pages are reloaded: what was written is said once, and one is still oneself.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allSent, ChatRig, composer, connected, say, seen, texts } from './chat-rig.ts';

describe('chat in pages that are reloaded', () => {
  const rig = ChatRig.ofEachTest();

  it('what is written without a connection outlives a reload, and is said once', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await say(ada, 'before');
    await seen(grace, 'before');
    await ada.page.getByRole('button', { name: 'Pull the plug' }).click();
    await say(ada, 'without a connection');
    await say(ada, 'again without');
    assert.equal(await ada.page.locator('.message[data-state=sending]').count(), 2);
    await say(grace, 'meanwhile');
    await ada.page.reload();
    await connected(ada);
    for (const text of ['without a connection', 'again without']) await seen(grace, text);
    await allSent(ada);
    for (const tab of [ada, grace]) {
      assert.deepEqual(await texts(tab), ['before', 'meanwhile', 'without a connection', 'again without']);
    }
    assert.equal(await ada.page.locator('.message.mine').count(), 3, 'one is still oneself');
  });

  it('a page that is reloaded again and again while it writes sends everything once', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    const expected: string[] = [];
    for (let count = 1; count <= 4; count++) {
      for (const part of ['a', 'b', 'c']) {
        expected.push(`${count}${part}`);
        await say(ada, `${count}${part}`);
      }
      await ada.page.reload();
      await composer(ada).waitFor();
    }
    for (const tab of [ada, grace]) {
      for (const text of expected) await seen(tab, text);
      assert.deepEqual((await texts(tab)).sort(), expected);
    }
  });
});
