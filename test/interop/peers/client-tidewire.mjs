// Drives Tidewire's own WebSocket through the conformance cases: client-tidewire.mjs URL NAME.
import { driveClient } from '../../../dist/src/conformance/client-driver.js';
import { WebSocket } from '../../../dist/src/websocket/index.js';

class LargeWebSocket extends WebSocket {
  constructor(url) {
    super(url, [], { limits: { maxMessageBytes: 64 * 1024 * 1024 } });
  }
}

const [url, agent] = process.argv.slice(2);
console.log(JSON.stringify(await driveClient({ url, agent, WebSocket: LargeWebSocket })));
