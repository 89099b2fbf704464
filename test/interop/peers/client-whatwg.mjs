// Drives a WHATWG client through the suite: client-whatwg.mjs URL NAME [PACKAGE]. Without a package: the global WebSocket.
import { driveClient } from '../../../dist/src/conformance/client-driver.js';

const [url, agent, from] = globalThis.Deno?.args ?? process.argv.slice(2);
const { WebSocket } = from === undefined ? globalThis : await import(from);
const report = await driveClient({ url, agent, WebSocket });
console.log(JSON.stringify(report));
