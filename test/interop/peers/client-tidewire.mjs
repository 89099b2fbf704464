// Drives Tidewire's own WebSocket through the conformance cases: client-tidewire.mjs URL NAME [--http2].
import { driveClient } from '../../../dist/src/conformance/client-driver.js';
import { WebSocket } from '../../../dist/src/websocket/index.js';

const [url, agent, ...flags] = process.argv.slice(2);
const http2 = flags.includes('--http2');

class LargeWebSocket extends WebSocket {
  constructor(url) {
    super(url, [], { limits: { maxMessageBytes: 64 * 1024 * 1024 }, http2 });
  }
}

console.log(JSON.stringify(await driveClient({ url, agent, WebSocket: LargeWebSocket })));
