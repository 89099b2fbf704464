// The chat while connections break and the server is replaced: nothing is lost, nothing comes twice.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allSent, ChatRig, connected, openChannel, people, say, seen, status, texts } from './chat-rig.ts';

describe('chat over a bad network', () => {
  const rig = ChatRig.ofEachTest();

  it('others see who is away and who left', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await people(ada).getByText('Grace').waitFor();
    await grace.page.getByRole('button', { name: 'Pull the plug' }).click();
    await ada.page.locator('.person.away').getByText('Grace').waitFor();
    await grace.page.locator('#plug').click();
    await connected(grace);
    await ada.page.locator('.person:not(.away)').getByText('Grace').waitFor();
  });

  it('the network breaks while both write: nothing is lost, and nothing comes twice', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    const expected: string[] = [];
    for (let count = 1; count <= 12; count++) {
      for (const [tab, name] of [
        [ada, 'Ada'],
        [grace, 'Grace'],
      ] as const) {
        expected.push(`${name} ${count}`);
        await say(tab, `${name} ${count}`);
      }
      if (count % 3 === 0) for (const link of [...rig.relay.links]) link.reset();
    }
    for (const tab of [ada, grace]) {
      await allSent(tab);
      for (const text of expected) await seen(tab, text);
      assert.deepEqual((await texts(tab)).sort(), [...expected].sort());
    }
    assert.deepEqual(await texts(ada), await texts(grace), 'both see the same order');
  });

  it('the server is replaced: everything is there again, and what was written meanwhile is said', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await say(ada, 'before');
    await seen(grace, 'before');
    await openChannel(grace, 'random');
    await rig.chat.close();
    await status(ada).getByText('Reconnecting …').waitFor();
    await ada.page.getByText(/Next try in/).waitFor();
    await say(ada, 'Is this on?');
    await rig.restart();
    await connected(ada);
    await connected(grace);
    await allSent(ada);
    await openChannel(grace, 'general');
    await seen(grace, 'Is this on?');
    for (const tab of [ada, grace]) assert.deepEqual(await texts(tab), ['before', 'Is this on?']);
    assert.equal(await ada.page.locator('#offline').isVisible(), false);
  });

  it('the server has lost its file: the page tells where something is missing, and goes on', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await say(ada, 'before');
    await seen(grace, 'before');
    await rig.chat.close();
    await rig.restart({ withFile: false });
    const gap = grace.page.getByText('Some messages are missing here');
    await gap.waitFor();
    await say(ada, 'after');
    await seen(grace, 'after');
    assert.deepEqual(await texts(grace), ['before', 'after']);
    assert.equal(await gap.count(), 1);
    // Whoever comes now sees what there is now.
    const linus = await rig.join('Linus');
    await seen(linus, 'after');
    assert.deepEqual(await texts(linus), ['after']);
  });

  it('one sees the state of the connection, and pulls the plug', async () => {
    const ada = await rig.join('Ada');
    const plug = ada.page.getByRole('button', { name: 'Pull the plug' });
    await plug.focus();
    await ada.page.keyboard.press('Enter');
    await status(ada).getByText('Unplugged').waitFor();
    await ada.page.getByText('You pulled the plug.').waitFor();
    await ada.page.locator('#offline').getByRole('button', { name: 'Plug in' }).click();
    await connected(ada);
    assert.equal(await ada.page.locator('#offline').isVisible(), false);
    rig.assertHealthy();
  });
});
