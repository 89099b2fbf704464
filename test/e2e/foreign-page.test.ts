// Chromium shows pages of other origins, which try to open WebSockets to a server that their visitor has a cookie for.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { WebSocketServer } from 'tidewire/websocket';
import { launchBrowser } from './browser.ts';

/** Runs in the page: how the attempt ends. */
function attempt(url: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => {
      socket.close();
      resolve('open');
    };
    socket.onclose = ({ code }) => resolve(`closed with ${code}`);
  });
}

async function servePages(): Promise<{ http: Server; port: number }> {
  const http = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.setHeader('set-cookie', 'session=secret; Path=/');
    response.end('<!doctype html><title>page</title>');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, port: (http.address() as AddressInfo).port };
}

describe('a page of another origin in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let page: Page;
  let ours: Awaited<ReturnType<typeof servePages>>;
  let others: Awaited<ReturnType<typeof servePages>>;
  let server: WebSocketServer;
  const cookies: (string | undefined)[] = [];

  before(async () => {
    ours = await servePages();
    others = await servePages();
    server = new WebSocketServer({
      server: ours.http,
      upgrade: ({ headers }) => {
        cookies.push(headers.get('cookie'));
        return {};
      },
    });
    browser = await launchBrowser();
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(20_000);
  });

  after(async () => {
    await browser?.close();
    await server.close({ timeoutMs: 0 });
    ours.http.close();
    others.http.close();
  });

  it('may not connect, though the browser would send the cookie of its visitor; the own page may', async () => {
    const url = `ws://127.0.0.1:${ours.port}/`;
    await page.goto(`http://127.0.0.1:${ours.port}/`);
    assert.equal(await page.evaluate(attempt, url), 'open');
    assert.deepEqual(cookies, ['session=secret']);

    // Another port is another origin, and cookies know no ports: this is the attack.
    await page.goto(`http://127.0.0.1:${others.port}/`);
    assert.equal(await page.evaluate(attempt, url), 'closed with 1006');
    assert.equal(server.counters.allowedOrigins, 1);
    await page.goto(`http://localhost:${others.port}/`);
    assert.equal(await page.evaluate(attempt, url), 'closed with 1006');
    assert.equal(server.counters.allowedOrigins, 2);
    // A page made of a text has the origin `null`; some versions of Chromium do not even let it ask.
    await page.goto(`data:text/html,<!doctype html><title>page</title>`);
    assert.equal(await page.evaluate(attempt, url), 'closed with 1006');
    assert.equal(cookies.length, 1, 'the hook is not asked about them');
  });

  it('may connect where it is listed', async (test) => {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const listing = new WebSocketServer({
      server: http,
      allowedOrigins: [`http://127.0.0.1:${others.port}`],
    });
    test.after(() => listing.close({ timeoutMs: 0 }).finally(() => http.close()));
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    await page.goto(`http://127.0.0.1:${others.port}/`);
    assert.equal(await page.evaluate(attempt, url), 'open');
    await page.goto(`http://localhost:${others.port}/`);
    assert.equal(await page.evaluate(attempt, url), 'closed with 1006');
  });
});
