// An http server on a free port of 127.0.0.1, and what a test needs to be sure that our server is what answers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import * as imported from 'ws';
import * as door from '../../../dist/src/websocket/drop-in/index.js';

const required = createRequire(import.meta.url)('ws');

// Otherwise the tests would prove something about another package.
assert.equal(imported.default, door.default);
assert.equal(required, door.default);
assert.equal(required.Server, door.WebSocketServer);

export async function openHttp(test, server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${server.address().port}`;
}
