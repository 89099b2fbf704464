// The client in Chromium: its own WebSocket, IndexedDB, session storage; the network cut, and the page reloaded.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { createRealtime, type RealtimeServer } from '../../src/server/index.ts';
import { FaultRelay } from '../../src/testkit/index.ts';
import { byName, type Channels, contract } from '../server/realtime-rig.ts';
import { launchBrowser, Tab } from './browser.ts';

// biome-ignore lint/suspicious/noExplicitAny: the page's own script put it there
type InPage = { page: any };

/** Resolves when IndexedDB holds so many publications. */
function isStored(page: Page, count: number): Promise<void> {
  return page.evaluate(async (wanted) => {
    const { page: inPage, requestAnimationFrame } = globalThis as unknown as InPage & {
      requestAnimationFrame(callback: () => void): void;
    };
    while ((await inPage.countStored()) !== wanted) {
      await new Promise<void>((resolve) => requestAnimationFrame(resolve));
    }
  }, count);
}

describe('the client in a browser', () => {
  let browser: Browser;
  let pages: Server;
  let realtime: RealtimeServer<Channels, Record<never, never>>;
  let relay: FaultRelay;

  before(async () => {
    browser = await launchBrowser();
    const entryPoints = [fileURLToPath(new URL('./client-page.js', import.meta.url))];
    const bundled = await build({ entryPoints, bundle: true, format: 'esm', write: false });
    const script = bundled.outputFiles[0]!.text;
    pages = createServer((request, response) => {
      const isScript = request.url === '/client-page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(
        isScript
          ? script
          : `<!doctype html><link rel="icon" href="data:,"><script>url = 'ws://127.0.0.1:${relay.port}'</script>
             <script type="module" src="/client-page.js"></script>`,
      );
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    realtime = createRealtime({
      contracts: contract,
      port: 0,
      authenticate: byName,
      webSocket: { allowedOrigins: [`http://127.0.0.1:${(pages.address() as AddressInfo).port}`] },
    });
    await realtime.listening;
    relay = await FaultRelay.open({ port: realtime.address()!.port });
  });
  after(async () => {
    await browser?.close();
    await relay?.close();
    await realtime?.close({ spreadMs: 0, timeoutMs: 1_000 });
    pages?.close();
  });

  it('loses nothing and doubles nothing over a cut network and a reload', async () => {
    const tab = await Tab.open(browser, `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
    const page = tab.page;
    const isIn = (state: string) =>
      page.waitForFunction(
        (wanted) => (globalThis as unknown as InPage).page?.client.state === wanted,
        state,
      );
    const heard = () => page.evaluate(() => (globalThis as unknown as InPage).page.heard as string[]);
    const hasHeard = (text: string) =>
      page.waitForFunction((wanted) => (globalThis as unknown as InPage).page?.heard.includes(wanted), text);
    const publish = (text: string) =>
      page.evaluate((given) => (globalThis as unknown as InPage).page.publish(given), text);

    await isIn('open');
    await publish('online');
    await hasHeard('online');
    await page.waitForFunction(() => (globalThis as unknown as InPage).page.names().join() === 'Ann');
    const before = await page.evaluate(() => (globalThis as unknown as InPage).page.client.sid);

    // The cable is pulled.
    relay.isDown = true;
    for (const link of relay.links) link.reset();
    await isIn('waiting');
    await publish('offline 1');
    await publish('offline 2');
    await realtime.publish('chat:1', { text: 'meanwhile' });
    await isStored(page, 2);

    await page.reload();
    await page.waitForFunction(() => (globalThis as unknown as InPage).page?.restored.length === 2);
    assert.deepEqual(await heard(), []);
    relay.isDown = false;
    await hasHeard('offline 2');
    assert.deepEqual(await heard(), ['meanwhile', 'offline 1', 'offline 2']);
    assert.equal(await page.evaluate(() => (globalThis as unknown as InPage).page.gaps), 0);
    await page.waitForFunction(() =>
      (globalThis as unknown as InPage).page.restored.every(
        ({ offset }: { offset: unknown }) => offset !== undefined,
      ),
    );
    assert.deepEqual(await page.evaluate(() => (globalThis as unknown as InPage).page.restored), [
      { text: 'offline 1', offset: 3 },
      { text: 'offline 2', offset: 4 },
    ]);

    const { publications } = await realtime.history('chat:1', { limit: 10 });
    assert.deepEqual(publications.map(({ data }) => data.text).toSorted(), [
      'meanwhile',
      'offline 1',
      'offline 2',
      'online',
    ]);
    // One and the same member, over the reload: nobody has left and come.
    assert.equal((await realtime.presence('chat:1')).length, 1);
    assert.notEqual(before, undefined);
    assert.deepEqual(
      tab.problems.filter((problem) => !problem.includes('WebSocket connection')),
      [],
    );
    await tab.close();
  });

  it('leaves what another page has written to that page, as long as it is there', async () => {
    const address = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`;
    const first = await Tab.open(browser, address);
    const publish = (page: Page, text: string) =>
      page.evaluate((given) => (globalThis as unknown as InPage).page.publish(given), text);
    const restored = (page: Page) =>
      page.evaluate(() =>
        (globalThis as unknown as InPage).page.restored.map(({ text }: { text: string }) => text),
      );
    await first.page.waitForFunction(() => (globalThis as unknown as InPage).page?.client.state === 'open');
    relay.isDown = true;
    for (const link of relay.links) link.reset();
    await first.page.waitForFunction(() => (globalThis as unknown as InPage).page.client.state === 'waiting');
    await publish(first.page, 'of the first page');
    await isStored(first.page, 1);

    const second = await first.page.context().newPage();
    await second.goto(address);
    await second.waitForFunction(() => (globalThis as unknown as InPage).page !== undefined);
    // What is published is stored only after what an earlier life has left was read.
    await publish(second, 'of the second page');
    await isStored(second, 2);
    assert.deepEqual(await restored(second), []);

    const hasRestored = (count: number) =>
      second.waitForFunction(
        (wanted) => (globalThis as unknown as InPage).page?.restored.length === wanted,
        count,
      );
    await second.reload();
    await hasRestored(1);
    assert.deepEqual(await restored(second), ['of the second page']);
    // The first page is gone for good: the other one takes over what it has left.
    await first.page.close();
    await hasRestored(2);
    assert.deepEqual(await restored(second), ['of the second page', 'of the first page']);
    relay.isDown = false;
    await isStored(second, 0);
    const { publications } = await realtime.history('chat:1', { limit: 2 });
    assert.deepEqual(publications.map(({ data }) => data.text).toSorted(), [
      'of the first page',
      'of the second page',
    ]);
    await second.context().close();
  });
});
