// Drives a WHATWG client through the conformance cases: client-whatwg.mjs PACKAGE URL NAME; `global` is the runtime's own.
import { driveClient } from '../../../dist/src/conformance/client-driver.js';

const [from, url, agent] = globalThis.Deno?.args ?? process.argv.slice(2);
const { WebSocket } = from === 'global' ? globalThis : await import(from);
const report = await driveClient({ url, agent, WebSocket });
console.log(JSON.stringify(report));
