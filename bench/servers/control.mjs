// The line between a measured process and the harness: one line of JSON asks, one line of JSON answers.
// Runs in Node, Bun and Deno alike, so that every peer is driven and measured in the same way.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8';

/** What the harness wants of this process: its first argument, a workload as bench/workload.ts describes them. */
export const task = JSON.parse(process.argv[2]);

/**
 * Says that this process is ready, then answers the harness until it goes away.
 *
 * @param {object} ready said at once: `port` of a server, `version` of what is measured
 * @param {(request: { type: string }) => unknown} [answer] called for every request but `memory` and `heap`
 */
export function serveControl(ready, answer) {
  say({ pid: process.pid, ...ready });
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const request = JSON.parse(line);
    try {
      say(await (own[request.type] ?? answer)(request));
    } catch (error) {
      say({ error: String(error) });
    }
  });
  lines.on('close', () => process.exit());
}

/** What every process answers by itself. */
const own = { memory, heap };

/** Says that what should be measured cannot be, and ends. */
export function declineTask(reason) {
  say({ unavailable: reason });
  process.exit();
}

/** Collects garbage until nothing more goes, then says what the runtime believes it holds, in bytes. */
async function memory() {
  // Bun has its own word for it; Node and Deno are started with V8's --expose-gc.
  const collect = () => (globalThis.Bun ? globalThis.Bun.gc(true) : globalThis.gc());
  for (let pass = 0; pass < 4; pass++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external, heapCommitted: getHeapStatistics().total_physical_size };
}

/** Writes a snapshot of the heap to the file `path`. */
function heap({ path }) {
  writeHeapSnapshot(path);
  return {};
}

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
