// Bundles tidewire/client for browsers, and fails when it has outgrown its ceiling: 12 KB, minified and compressed.
//
// What is measured is what a page loads that connects, publishes and subscribes on typed channels, and resumes after a
// reload. The contract and its schema library are the application's own. With --metafile it says what takes the room.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ceilingBytes = 12 * 1024;
const entry = `
  import { connect, sessionStorageResume } from 'tidewire/client';
  const client = connect('/realtime', { token: () => page.token, contracts: page.contracts, resume: sessionStorageResume() });
  client.onState((status) => page.show(status));
  client.channel('chat:42').subscribe((message) => page.add(message));
  page.send = (text) => client.channel('chat:42').publish({ text });
`;

const { outputFiles, metafile } = await build({
  stdin: { contents: entry, resolveDir: new URL('..', import.meta.url).pathname },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
  metafile: true,
});
const [{ contents }] = outputFiles;
const packedBytes = gzipSync(contents, { level: 9 }).length;
if (process.argv.includes('--metafile')) {
  const [{ inputs }] = Object.values(metafile.outputs);
  const parts = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  for (const [path, { bytesInOutput }] of parts) console.log(String(bytesInOutput).padStart(6), path);
}
console.log(
  `tidewire/client: ${contents.length} bytes minified, ${packedBytes} compressed, at most ${ceilingBytes}`,
);
if (packedBytes > ceilingBytes) process.exitCode = 1;
