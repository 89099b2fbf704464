import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { connect } from 'tidewire/client';
import { WebSocket as NodeWebSocket } from 'tidewire/websocket';
import { chatContract, writeCredential } from '../../examples/chat/chat-contract.ts';
import {
  allSent,
  ChatRig,
  composer,
  connected,
  host,
  log,
  openChannel,
  people,
  say,
  seen,
  texts,
} from './chat-rig.ts';

describe('chat in a browser', () => {
  const rig = ChatRig.ofEachTest();

  /** Says so many messages, from a program. */
  async function publish(count: number): Promise<void> {
    const client = connect(`ws://${host}:${rig.chat.port}/realtime`, {
      contracts: chatContract,
      token: writeCredential({ key: 'k'.repeat(16), name: 'Linus' }),
      WebSocket: NodeWebSocket,
    });
    const general = client.channel('messages:general');
    await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const id = `program-message-${index}`;
        return general.publish({ type: 'said', id, name: 'Linus', text: `message ${index + 1}` });
      }),
    );
    client.close();
  }

  it('two people join, see each other and talk', async () => {
    const ada = await rig.join('Ada');
    const grace = await rig.join('Grace');
    await say(ada, 'Hello, Grace!');
    await seen(grace, 'Hello, Grace!');
    await say(grace, 'Hello, Ada!');
    await seen(ada, 'Hello, Ada!');
    for (const tab of [ada, grace]) {
      await people(tab).nth(1).waitFor();
      assert.deepEqual(await people(tab).allTextContents(), ['Ada', 'Grace']);
    }
    await allSent(ada);
    assert.deepEqual(await ada.page.locator('.message.mine .text').allTextContents(), ['Hello, Grace!']);
    rig.assertHealthy();
  });

  it('a newcomer sees what was said before, and reads back page by page', async () => {
    await publish(95);
    const grace = await rig.join('Grace');
    await seen(grace, 'message 95');
    assert.equal((await texts(grace)).length, 40);
    const earlier = grace.page.getByRole('button', { name: 'Earlier messages' });
    await earlier.click();
    await seen(grace, 'message 16');
    await earlier.click();
    await seen(grace, 'message 1');
    await earlier.waitFor({ state: 'hidden' });
    assert.deepEqual(
      await texts(grace),
      Array.from({ length: 95 }, (_, index) => `message ${index + 1}`),
    );
    rig.assertHealthy();
  });

  it('channels are apart; what is unread is counted; one can add a channel', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await openChannel(grace, 'random');
    await say(grace, 'Only here');
    const unread = ada.page.getByRole('navigation').getByRole('button', { name: '1 unread' });
    await unread.waitFor();
    assert.deepEqual(await texts(ada), []);
    await unread.click();
    await seen(ada, 'Only here');
    assert.equal(await unread.count(), 0);
    await ada.page.getByLabel('New channel').fill('High Tides');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('heading', { name: 'high-tides' }).waitFor();
    await say(ada, 'First!');
    await openChannel(grace, 'high-tides');
    await seen(grace, 'First!');
    rig.assertHealthy();
  });

  it('others see who is typing, until the message is there', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await people(grace).getByText('Ada').waitFor();
    await composer(ada).pressSequentially('Hel');
    const typing = grace.page.getByText('Ada is typing');
    await typing.waitFor();
    await composer(ada).press('Enter');
    await seen(grace, 'Hel');
    await typing.waitFor({ state: 'detached' });
  });

  it('one edits what one said, and nobody else does', async () => {
    const [ada, grace] = [await rig.join('Ada'), await rig.join('Grace')];
    await say(ada, 'Good mornig');
    await seen(grace, 'Good mornig');
    await composer(ada).press('ArrowUp');
    await say(ada, 'Good morning');
    for (const tab of [ada, grace]) {
      await seen(tab, 'Good morning');
      await tab.page.getByText('edited', { exact: true }).waitFor();
      assert.deepEqual(await texts(tab), ['Good morning']);
    }
    assert.equal(await grace.page.getByRole('button', { name: 'Edit this message' }).count(), 0);
    // A page that is opened later sees it as it is now.
    const linus = await rig.join('Linus');
    await seen(linus, 'Good morning');
    rig.assertHealthy();
  });

  it('a channel whose name cannot be one is refused with advice', async () => {
    const ada = await rig.join('Ada');
    await ada.page.getByLabel('New channel').fill('Ünmöglich!');
    await ada.page.keyboard.press('Enter');
    await ada.page
      .getByRole('alert')
      .getByText(/small letters/)
      .waitFor();
    rig.assertHealthy();
  });

  it('markup in names and messages is shown as text and never runs', async () => {
    const attack = '<img src=x onerror="hacked=1"><script>hacked=1</script>';
    const mallory = await rig.join('<b>Mallory</b>');
    const ada = await rig.join('Ada');
    await say(mallory, attack);
    await seen(ada, attack);
    await people(ada).nth(1).waitFor();
    assert.deepEqual((await people(ada).allTextContents()).sort(), ['<b>Mallory</b>', 'Ada']);
    assert.equal(await log(ada).locator('img, script, b').count(), 0);
    assert.equal(await ada.page.evaluate(() => 'hacked' in globalThis), false);
    rig.assertHealthy();
  });

  it('everything can be done with the keyboard', async () => {
    const ada = await rig.visit({ viewport: { width: 390, height: 700 } });
    const { keyboard } = ada.page;
    const focused = () => ada.page.locator(':focus').getAttribute('id');
    assert.equal(await focused(), 'name');
    await keyboard.type('Ada');
    await keyboard.press('Enter');
    await connected(ada);
    assert.equal(await focused(), 'text');
    await keyboard.type('two');
    await keyboard.press('Shift+Enter');
    await keyboard.type('lines');
    await keyboard.press('Enter');
    await seen(ada, 'two\nlines');
    await allSent(ada);
    await ada.page.locator('#channels-toggle').focus();
    await keyboard.press('Enter');
    await ada.page.getByRole('heading', { name: 'Channels' }).waitFor();
    await keyboard.press('Escape');
    await ada.page.getByRole('heading', { name: 'Channels' }).waitFor({ state: 'hidden' });
    assert.equal(await focused(), 'channels-toggle');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'plug');
    await keyboard.press('Tab');
    assert.equal(await focused(), 'people-toggle');
    await keyboard.press('Enter');
    await ada.page.getByRole('heading', { name: 'Here now' }).waitFor();
    await keyboard.press('Escape');
    assert.equal(await focused(), 'people-toggle');
  });

  it('a screen reader finds a log, labels, the state of each message, and a status', async () => {
    const ada = await rig.join('Ada');
    await say(ada, 'Hello');
    await allSent(ada);
    const snapshot = await ada.page.locator('#chat').ariaSnapshot();
    assert.match(snapshot, /status: Connected/);
    assert.match(snapshot, /navigation "Channels"/);
    assert.match(snapshot, /log "Messages"/);
    assert.match(snapshot, /paragraph: .*Hello.*Sent/);
    assert.equal(await ada.page.getByRole('button', { name: 'Send', exact: true }).count(), 1);
    assert.equal(await ada.page.getByRole('complementary', { name: 'Here now' }).count(), 1);
  });

  it('a page of another origin cannot connect', async () => {
    const elsewhere = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(),
    );
    await once(elsewhere.listen(0, host), 'listening');
    const tab = await rig.visitPort((elsewhere.address() as AddressInfo).port);
    const outcome = await tab.page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(address, ['tidewire.v1.json']);
          socket.onopen = () => resolve('open');
          socket.onclose = ({ code }) => resolve(code);
        }),
      `ws://${host}:${rig.chat.port}/realtime`,
    );
    assert.equal(outcome, 1006);
    elsewhere.closeAllConnections();
    elsewhere.close();
  });
});
