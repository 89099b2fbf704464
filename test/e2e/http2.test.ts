// Chromium opens WebSockets over the HTTP/2 session that it loaded the page with, against our server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { type Connection, WebSocketServer } from 'tidewire/websocket';
import { makeCertificate } from '../websocket/certificate.ts';
import { launchBrowser, Tab } from './browser.ts';

interface Talk {
  readonly url: string;
  /** A number stands for so many bytes. */
  readonly messages: readonly (string | number)[];
  readonly protocols?: string[];
}

/** Runs in the page: sends, and gives what came back and how it ended. It closes when all has come back. */
function talk({ url, messages, protocols = [] }: Talk) {
  const socket = new WebSocket(url, protocols);
  socket.binaryType = 'arraybuffer';
  const received: (string | number)[] = [];
  socket.onopen = () => {
    for (const message of messages) {
      socket.send(typeof message === 'string' ? message : new Uint8Array(message));
    }
  };
  socket.onmessage = ({ data }) => {
    received.push(typeof data === 'string' ? data : data.byteLength);
    if (received.length === messages.length) socket.close(4000, 'done');
  };
  return new Promise<{
    received: (string | number)[];
    protocol: string;
    extensions: string;
    code: number;
  }>((resolve) => {
    socket.onclose = ({ code }) => {
      const { protocol, extensions } = socket;
      resolve({ received, protocol, extensions, code });
    };
  });
}

describe('Chromium over HTTP/2', { timeout: 60_000 }, () => {
  let browser: Browser;
  let http2: Http2SecureServer;
  let server: WebSocketServer<string>;
  let tab: Tab;
  let url: string;
  let onOpen = (_connection: Connection<string>): void => undefined;
  let paused: Connection<string> | undefined;
  let receivedBytes = 0;
  let onReceived = (): void => undefined;
  const log: string[] = [];
  const pageVersions: string[] = [];

  before(async () => {
    http2 = createSecureServer({ ...makeCertificate(), allowHTTP1: true }, (request, response) => {
      pageVersions.push(request.httpVersion);
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>page</title>');
    });
    server = new WebSocketServer<string>({
      server: http2,
      path: '/socket',
      upgrade: ({ httpVersion, headers, protocols: [protocol = ''] }) => {
        const key = headers.get('sec-websocket-key') === undefined ? 'no key' : 'a key';
        log.push(`HTTP/${httpVersion}, ${key}`);
        return { protocol };
      },
      open: (connection) => onOpen(connection),
      message: (connection, data, isBinary) => {
        connection.send(data);
        if (data === 'pause') {
          paused = connection;
          connection.pause();
        }
        if (isBinary) receivedBytes += data.length;
        onReceived();
      },
      close: (_connection, code, reason) => log.push(`close ${code} ${reason}`),
      limits: { maxQueuedBytes: 32 * 1024 * 1024 },
    });
    http2.listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const { port } = http2.address() as AddressInfo;
    url = `wss://localhost:${port}/socket`;
    browser = await launchBrowser();
    tab = await Tab.open(browser, `https://localhost:${port}/`, { ignoreHTTPSErrors: true });
    // Chromium takes HTTP/2 for a WebSocket only where it has a session already.
    assert.equal(pageVersions[0], '2.0');
  });

  beforeEach(() => {
    log.length = 0;
  });

  after(async () => {
    await browser?.close();
    await server.close({ timeoutMs: 0 });
    http2.close();
  });

  it('asks by extended CONNECT, without a key, and talks both ways', async () => {
    const messages = ['hello', '', 'ümläut 🌊', 0, 125, 126, 65_536, 1_000_000, 'tide'.repeat(10_000)];
    const outcome = await tab.page.evaluate(talk, { url, messages, protocols: ['chat', 'superchat'] });
    assert.deepEqual(outcome.received, messages);
    assert.equal(outcome.protocol, 'chat');
    assert.match(outcome.extensions, /^permessage-deflate/);
    assert.equal(outcome.code, 4000);
    assert.deepEqual(log, ['HTTP/2.0, no key', 'close 4000 done']);
  });

  it('carries many sockets on one TCP connection', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, () => tab.page.evaluate(talk, { url, messages: ['a', 'b'] })),
    );
    for (const { received, code } of outcomes) assert.deepEqual([...received, code], ['a', 'b', 4000]);
    assert.deepEqual([...new Set(log)].sort(), ['HTTP/2.0, no key', 'close 4000 done']);
    const connections = await new Promise((resolve) => {
      http2.getConnections((_error, count) => resolve(count));
    });
    assert.equal(connections, 1);
  });

  it('sees a refusal, and a Close and a reset of the server', async () => {
    const refused = await tab.page.evaluate(talk, { url: `${url}/elsewhere`, messages: [] });
    assert.deepEqual([refused.code, log], [1006, []]);

    for (const [end, code] of [
      [(connection) => connection.close(4001, 'enough'), 4001],
      [(connection) => connection.terminate(), 1006],
    ] as [(connection: Connection<string>) => void, number][]) {
      const opened = new Promise<Connection<string>>((resolve) => {
        onOpen = resolve;
      });
      const outcome = tab.page.evaluate(talk, { url, messages: ['x', 'y', 'z', 0, 0] });
      end(await opened);
      assert.equal((await outcome).code, code);
    }
  });

  it('waits while the server does not read, and gets all through when it does', async () => {
    const total = 8 * 1024 * 1024;
    const socket = await tab.page.evaluateHandle(
      ({ address, bytes }) =>
        new Promise<WebSocket>((resolve) => {
          const opening = new WebSocket(address);
          opening.onopen = () => opening.send('pause');
          opening.onmessage = () => {
            opening.onmessage = null;
            // Random bytes, which cannot be compressed.
            const block = crypto.getRandomValues(new Uint8Array(65_536));
            for (let sent = 0; sent < bytes; sent += block.length) opening.send(block);
            resolve(opening);
          };
        }),
      { address: url, bytes: total },
    );
    // What the page sent has gone as far as it goes when another socket has had its turns.
    for (let turn = 0; turn < 3; turn += 1) {
      const outcome = await tab.page.evaluate(talk, { url, messages: ['a', 65_536] });
      assert.equal(outcome.code, 4000);
    }
    receivedBytes = 0;
    const buffered = await socket.evaluate((each) => each.bufferedAmount);
    assert.ok(buffered > total / 2, `${buffered}`);
    await new Promise<void>((resolve) => {
      onReceived = () => {
        if (receivedBytes === total) resolve();
      };
      paused?.resume();
    });
    await socket.evaluate((each) => each.close());
  });
});
