// Starts Chromium for the end-to-end tests, and gives pages that report what went wrong in them.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchBrowser(): Promise<Browser> {
  const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
  assert.ok(executablePath, 'run "node scripts/ensure-chromium.mjs", or set CHROMIUM_PATH');
  // Playwright's own handler would keep a test file alive that the runner wants to end; Chromium ends with its pipe.
  return chromium.launch({ executablePath, args: flags, handleSIGTERM: false });
}

/** A page with a storage of its own, as another person has it. */
export class Tab {
  readonly page: Page;
  /** Uncaught errors, and what the browser logged as an error, in the order they came. */
  readonly problems: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    const tab = new Tab(await context.newPage());
    await tab.page.goto(url);
    return tab;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
