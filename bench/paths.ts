// Where the bench finds what is not compiled: seen from dist/bench, where this file runs.
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const pathTo = (path: string) => fileURLToPath(new URL(path, root));

export const rootDirectory = pathTo('.');
export const benchDirectory = pathTo('bench');
export const peersDirectory = pathTo('bench/node_modules');
export const resultsDirectory = pathTo('bench/results');
export const documentPath = pathTo('docs/benchmarks.md');
export const serverProgram = (name: string) => pathTo(`bench/servers/${name}.mjs`);
export const clientProgram = pathTo('bench/clients/client.mjs');
export const channelClientProgram = pathTo('bench/clients/channel-client.mjs');
export const loadProgram = pathTo('dist/bench/load/main.js');
export const commandProgram = pathTo('dist/src/cli/main.js');
export const sessionProgram = pathTo('bench/session/session-costs.mjs');
