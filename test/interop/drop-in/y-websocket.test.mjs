// The server and the provider of y-websocket, unmodified, on `tidewire/ws`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, describe, it } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { openHttp } from './open-http.mjs';

const { setupWSConnection, docs } = createRequire(import.meta.url)('y-websocket/bin/utils');

/** As the package's own bin/server.cjs does it. */
async function open(test) {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  server.on('connection', setupWSConnection);
  http.on('upgrade', (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws, request));
  });
  const address = await openHttp(test, http);
  test.after(() => {
    for (const client of server.clients) client.terminate();
  });
  return { server, url: `ws://${address}` };
}

function connect(test, url) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, 'harbour', doc, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
  });
  test.after(() => {
    provider.destroy();
    doc.destroy();
  });
  return { doc, provider };
}

function synced({ provider }) {
  return provider.synced ? undefined : new Promise((resolve) => provider.once('sync', resolve));
}

// The package keeps its documents, and a timer for each, for ever.
after(() => {
  for (const doc of docs.values()) doc.destroy();
});

describe('y-websocket', () => {
  it('synchronises two documents', async (test) => {
    const { url } = await open(test);
    const one = connect(test, url);
    await synced(one);
    one.doc.getText('log').insert(0, 'grüße');
    const two = connect(test, url);
    await synced(two);
    assert.equal(two.doc.getText('log').toString(), 'grüße');
    const updated = once(one.doc, 'update');
    two.doc.getMap('boats').set('name', 'Möwe');
    await updated;
    assert.deepEqual(one.doc.getMap('boats').toJSON(), { name: 'Möwe' });
    assert.equal(docs.get('harbour').conns.size, 2);
  });

  it('shares awareness, and forgets who is gone', async (test) => {
    const { url } = await open(test);
    const [one, two] = [connect(test, url), connect(test, url)];
    await Promise.all([synced(one), synced(two)]);
    const { awareness } = two.provider;
    const seen = new Promise((resolve) => {
      awareness.on('change', () => {
        if (awareness.getStates().get(one.doc.clientID)?.name === 'pilot') resolve();
      });
    });
    one.provider.awareness.setLocalState({ name: 'pilot' });
    await seen;
    const gone = new Promise((resolve) => {
      awareness.on('change', ({ removed }) => removed.includes(one.doc.clientID) && resolve());
    });
    one.provider.ws.terminate();
    one.provider.disconnect();
    await gone;
  });
});
