import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type Chat, startChat } from '../../examples/chat/chat-server.ts';
import { launchBrowser, Tab } from './browser.ts';

const host = '127.0.0.1';

describe('chat in a browser', () => {
  let browser: Browser;
  let chat: Chat;
  let tabs: Tab[];
  const url = () => `http://${host}:${chat.port}/`;

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  beforeEach(async () => {
    tabs = [];
    chat = await startChat({ host, port: 0 });
  });
  afterEach(async () => {
    await Promise.all(tabs.map((tab) => tab.close()));
    await chat.close();
  });

  const open = async (options?: BrowserContextOptions) => {
    const tab = await Tab.open(browser, url(), options);
    tabs.push(tab);
    return tab;
  };
  const join = async (name: string, options?: BrowserContextOptions) => {
    const tab = await open(options);
    await tab.page.getByLabel('Your name').fill(name);
    await tab.page.getByRole('button', { name: 'Join the chat' }).click();
    await composer(tab).waitFor();
    return tab;
  };
  const composer = ({ page }: Tab) => page.getByRole('textbox', { name: 'Message' });
  const log = ({ page }: Tab) => page.getByRole('log', { name: 'Messages' });
  const people = ({ page }: Tab) => page.locator('#people-list .who');
  const say = async (tab: Tab, text: string) => {
    await composer(tab).fill(text);
    await composer(tab).press('Enter');
  };
  const seen = (tab: Tab, text: string) => log(tab).getByText(text, { exact: true }).waitFor();
  const assertHealthy = () =>
    assert.deepEqual(
      tabs.flatMap(({ problems }) => problems),
      [],
    );

  it('two people join, see each other and talk', async () => {
    const ada = await join('Ada');
    const grace = await join('Grace');
    await seen(ada, 'Grace joined');
    await say(ada, 'Hello, Grace!');
    await seen(grace, 'Hello, Grace!');
    await say(grace, 'Hello, Ada!');
    await seen(ada, 'Hello, Ada!');
    assert.deepEqual(await people(ada).allTextContents(), ['Ada', 'Grace']);
    assert.deepEqual(await people(grace).allTextContents(), ['Ada', 'Grace']);
    assert.deepEqual(await ada.page.locator('.message.mine .bubble').allTextContents(), ['Hello, Grace!']);
    assert.equal(await ada.page.locator('.message.pending').count(), 0);
    assertHealthy();
  });

  it('a newcomer sees what was said before', async () => {
    const ada = await join('Ada');
    await say(ada, 'Anybody?');
    await seen(await join('Grace'), 'Anybody?');
  });

  it('others see who is typing, until the message is there', async () => {
    const [ada, grace] = [await join('Ada'), await join('Grace')];
    await composer(ada).pressSequentially('Hel');
    const typing = grace.page.getByText('Ada is typing');
    await typing.waitFor();
    await composer(ada).press('Enter');
    await seen(grace, 'Hel');
    await typing.waitFor({ state: 'detached' });
  });

  it('others see who left', async () => {
    const [ada, grace] = [await join('Ada'), await join('Grace')];
    await seen(ada, 'Grace joined');
    await grace.close();
    await seen(ada, 'Grace left');
    assert.deepEqual(await people(ada).allTextContents(), ['Ada']);
  });

  it('a name that is taken is refused with advice, and another one gets in', async () => {
    await join('Ada');
    const other = await open();
    await other.page.getByLabel('Your name').fill('ada');
    await other.page.keyboard.press('Enter');
    await other.page.getByRole('alert').getByText('“ada” is here already. Choose another name.').waitFor();
    await other.page.getByLabel('Your name').fill('Grace');
    await other.page.keyboard.press('Enter');
    await composer(other).waitFor();
    assertHealthy();
  });

  it('markup in names and messages is shown as text and never runs', async () => {
    const attack = '<img src=x onerror="hacked=1"><script>hacked=1</script>';
    const mallory = await join('<b>Mallory</b>');
    const ada = await join('Ada');
    await say(mallory, attack);
    await seen(ada, attack);
    assert.deepEqual(await people(ada).allTextContents(), ['<b>Mallory</b>', 'Ada']);
    assert.equal(await log(ada).locator('img, script, b').count(), 0);
    assert.equal(await ada.page.evaluate(() => 'hacked' in globalThis), false);
    assertHealthy();
  });

  it('a page comes back by itself after the server restarted, with what was written meanwhile', async () => {
    const [ada, grace] = [await join('Ada'), await join('Grace')];
    const { port } = chat;
    await chat.close();
    await ada.page.getByText(/^Connection lost/).waitFor();
    await ada.page.getByRole('status').getByText('Reconnecting …').waitFor();
    await say(ada, 'Is this on?');
    assert.equal(await ada.page.locator('.message.pending').count(), 1);
    chat = await startChat({ host, port });
    await ada.page.getByRole('status').getByText('Connected').waitFor();
    await seen(ada, 'You are back');
    await seen(grace, 'Is this on?');
    await ada.page.locator('.message.pending').waitFor({ state: 'detached' });
    assert.equal(await log(ada).getByText('Is this on?').count(), 1);
    assert.equal(await ada.page.locator('#offline').isVisible(), false);
  });

  it('a page that reaches no server says so, and gets in once there is one', async () => {
    const ada = await open();
    const { port } = chat;
    await chat.close();
    await ada.page.getByLabel('Your name').fill('Ada');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('alert').getByText('The server cannot be reached').waitFor();
    chat = await startChat({ host, port });
    await composer(ada).waitFor();
  });

  it('everything can be done with the keyboard', async () => {
    const ada = await open({ viewport: { width: 390, height: 700 } });
    const { keyboard } = ada.page;
    const focused = () => ada.page.locator(':focus').getAttribute('id');
    assert.equal(await focused(), 'name');
    await keyboard.type('Ada');
    await keyboard.press('Enter');
    await composer(ada).waitFor();
    assert.equal(await focused(), 'text');
    await keyboard.type('two');
    await keyboard.press('Shift+Enter');
    await keyboard.type('lines');
    await keyboard.press('Enter');
    await seen(ada, 'two\nlines');
    await keyboard.press('Shift+Tab');
    assert.equal(await focused(), 'log');
    await keyboard.press('Shift+Tab');
    assert.equal(await focused(), 'people-toggle');
    await keyboard.press('Enter');
    await ada.page.getByRole('heading', { name: 'Here now' }).waitFor();
    await keyboard.press('Escape');
    await ada.page.getByRole('heading', { name: 'Here now' }).waitFor({ state: 'hidden' });
    assert.equal(await focused(), 'people-toggle');
  });

  it('a screen reader finds a polite log, labels and a status', async () => {
    const ada = await join('Ada');
    await say(ada, 'Hello');
    await seen(ada, 'Hello');
    assert.equal(await log(ada).count(), 1);
    assert.match(await ada.page.locator('#chat').ariaSnapshot(), /status: Connected/);
    assert.equal(await ada.page.getByRole('button', { name: 'Send' }).count(), 1);
    assert.equal(await ada.page.getByRole('complementary', { name: 'Here now' }).count(), 1);
  });

  it('a page of another origin cannot connect', async () => {
    const elsewhere = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end(),
    );
    await once(elsewhere.listen(0, host), 'listening');
    const tab = await Tab.open(browser, `http://${host}:${(elsewhere.address() as AddressInfo).port}/`);
    tabs.push(tab);
    const outcome = await tab.page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(address);
          socket.onopen = () => resolve('open');
          socket.onclose = ({ code }) => resolve(code);
        }),
      `ws://${host}:${chat.port}/chat`,
    );
    assert.equal(outcome, 1006);
    elsewhere.closeAllConnections();
    elsewhere.close();
  });

  const screens: [string, BrowserContextOptions][] = [
    ['phone', { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, hasTouch: true }],
    ['small-phone-dark', { viewport: { width: 320, height: 568 }, colorScheme: 'dark' }],
    ['desktop', { viewport: { width: 1280, height: 800 } }],
    ['desktop-dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ];
  for (const [screen, options] of screens) {
    it(`the page fits a ${screen}`, async (test) => {
      const ada = await join('Ada', options);
      const grace = await join('Grace');
      await say(grace, `Good morning! A long word must not burst the page: ${'tide'.repeat(60)}`);
      await say(ada, 'Good morning, Grace.');
      await seen(ada, 'Good morning, Grace.');
      await composer(grace).pressSequentially('And');
      await ada.page.getByText('Grace is typing', { exact: true }).waitFor();
      const folder = await mkdtemp(joinPath(tmpdir(), 'tidewire-chat-'));
      const path = joinPath(folder, `${screen}.png`);
      await ada.page.screenshot({ path, animations: 'disabled' });
      test.diagnostic(`screenshot: ${path}`);
      const { width, height } = options.viewport!;
      const size = await ada.page.evaluate(
        '({ width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight })',
      );
      assert.deepEqual(size, { width, height });
      const box = await composer(ada).boundingBox();
      assert.ok(box !== null && box.y + box.height <= height && box.x + box.width <= width);
      assertHealthy();
    });
  }
});
