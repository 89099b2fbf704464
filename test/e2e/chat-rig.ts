// What the tests of the chat in a browser share: a server on a file, a network before it that can break, and pages.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { Browser, BrowserContextOptions, Locator } from 'playwright-core';
import { type Chat, startChat } from '../../examples/chat/chat-server.ts';
import { openSqliteBroker } from '../../examples/chat/chat-store.ts';
import { FaultRelay } from '../../src/testkit/index.ts';
import { launchBrowser, Tab } from './browser.ts';

export const host = '127.0.0.1';

export class ChatRig {
  /** Stands before the server, so that the network can break and the server be another one. */
  relay!: FaultRelay;
  chat!: Chat;
  tabs: Tab[] = [];
  #browser!: Browser;
  #folder!: string;

  /** For a `describe`: each of its tests has a new server, and all have one browser. */
  static ofEachTest(): ChatRig {
    const rig = new ChatRig();
    before(async () => {
      rig.#browser = await launchBrowser();
    });
    after(() => rig.#browser.close());
    beforeEach(() => rig.#open());
    afterEach(() => rig.#close());
    return rig;
  }

  private constructor() {}

  async #open(): Promise<void> {
    this.#folder = mkdtempSync(joinPath(tmpdir(), 'tidewire-chat-'));
    this.chat = await startOn(this.#folder);
    this.relay = await FaultRelay.open({ host, port: this.chat.port });
    this.tabs = [];
  }

  async #close(): Promise<void> {
    await Promise.all(this.tabs.map((tab) => tab.close()));
    await this.relay.close();
    await this.chat.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** Another server takes the place of the one that was closed, with the same file, or with an empty one. */
  async restart({ withFile = true } = {}): Promise<void> {
    if (!withFile) for (const file of readdirSync(this.#folder)) rmSync(joinPath(this.#folder, file));
    this.chat = await startOn(this.#folder);
    this.relay.target = { host, port: this.chat.port };
  }

  visit(options?: BrowserContextOptions): Promise<Tab> {
    return this.visitPort(this.relay.port, options);
  }

  async visitPort(port: number, options?: BrowserContextOptions): Promise<Tab> {
    const tab = await Tab.open(this.#browser, `http://${host}:${port}/`, options);
    this.tabs.push(tab);
    return tab;
  }

  async join(name: string, options?: BrowserContextOptions): Promise<Tab> {
    const tab = await this.visit(options);
    await tab.page.getByLabel('Your name').fill(name);
    await tab.page.getByRole('button', { name: 'Join the chat' }).click();
    await connected(tab);
    return tab;
  }

  assertHealthy(): void {
    assert.deepEqual(
      this.tabs.flatMap(({ problems }) => problems),
      [],
    );
  }
}

async function startOn(folder: string): Promise<Chat> {
  return startChat({ host, port: 0, broker: await openSqliteBroker(joinPath(folder, 'chat.db')) });
}

export const status = ({ page }: Tab): Locator => page.getByRole('status');

export const connected = (tab: Tab): Promise<void> =>
  status(tab).getByText('Connected', { exact: true }).waitFor();

export const composer = ({ page }: Tab): Locator =>
  page.getByRole('textbox', { name: 'Message', exact: true });

export const log = ({ page }: Tab): Locator => page.getByRole('log', { name: 'Messages' });

export const people = ({ page }: Tab): Locator => page.locator('#people-list .who');

/** What is said in the channel that is open, in its order. */
export const texts = ({ page }: Tab): Promise<string[]> => page.locator('.message .text').allTextContents();

export const openChannel = ({ page }: Tab, name: string): Promise<void> =>
  page.getByRole('navigation').getByRole('button', { name }).click();

export async function say(tab: Tab, text: string): Promise<void> {
  await composer(tab).fill(text);
  await composer(tab).press('Enter');
}

export const seen = (tab: Tab, text: string): Promise<void> =>
  log(tab).getByText(text, { exact: true }).waitFor();

/** The server has everything that was written here. */
export async function allSent({ page }: Tab): Promise<void> {
  await page.locator('.message.mine').first().waitFor();
  await page.locator('.message.mine:not([data-state=sent])').first().waitFor({ state: 'detached' });
}
