// Drives Tidewire's own WebSocket through the conformance cases: client-tidewire.mjs [--http2] URL NAME.
import { driveClient } from '../../../dist/src/conformance/client-driver.js';
import { WebSocket } from '../../../dist/src/websocket/index.js';

const http2 = process.argv[2] === '--http2';
const [url, agent] = process.argv.slice(http2 ? 3 : 2);

class LargeWebSocket extends WebSocket {
  constructor(url) {
    super(url, [], { limits: { maxMessageBytes: 64 * 1024 * 1024 }, http2 });
  }
}

console.log(JSON.stringify(await driveClient({ url, agent, WebSocket: LargeWebSocket })));
