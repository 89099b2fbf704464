// A WHATWG client that sends a plan of messages to an echo server: interop-whatwg.mjs PACKAGE URL.
// PACKAGE is `global` for the runtime's own WebSocket, or `tidewire`. Prints a line of JSON for each thing it checked.
import { runPlan } from './plan-whatwg.mjs';

const [from, url] = globalThis.Deno?.args ?? process.argv.slice(2);
const report = (label, compressed, ok) => console.log(JSON.stringify({ label, compressed, ok }));
await runPlan(url, { ...(await client()), report });

async function client() {
  if (from === 'tidewire') {
    const { WebSocket } = await import('../../../dist/src/websocket/index.js');
    const options = { limits: { maxMessageBytes: 64 * 1024 * 1024 }, rejectUnauthorized: false };
    return {
      open: (address) => new WebSocket(address, [], options),
      openPlain: (address) => new WebSocket(address, [], { ...options, perMessageDeflate: false }),
    };
  }
  if (from === 'ws') {
    const { WebSocket } = await import('ws');
    const options = { rejectUnauthorized: false };
    return {
      open: (address) => new WebSocket(address, options),
      openPlain: (address) => new WebSocket(address, { ...options, perMessageDeflate: false }),
      fragment: (socket, pieces) => {
        for (const [index, piece] of pieces.entries())
          socket.send(piece, { fin: index === pieces.length - 1 });
      },
    };
  }
  const { WebSocket } = from === 'global' ? globalThis : await import(from);
  return { open: (address) => new WebSocket(address) };
}
